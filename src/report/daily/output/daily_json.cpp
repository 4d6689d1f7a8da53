#include <algorithm>

#include <nlohmann/json.hpp>

#include "daily_report.h"
#include "flat_csv.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

const char* vendor_name(Vendor vendor) {
  return vendor == Vendor::amd ? "amd" : "nvidia";
}

/// Of all who held the card; null where it is not known for each of them.
template <typename Hours>
Json hours_or_null(const CardFigures& card, Hours hours_of) {
  if (!card.users || card.held.size() != card.users->size()) {
    return nullptr;
  }
  double hours = 0;
  for (const HeldTime& held : card.held) {
    const std::optional<double> one = hours_of(held);
    if (!one) {
      return nullptr;
    }
    hours += *one;
  }
  return hours;
}

void append_card(const CardFigures& card, Json& json) {
  json["gpu"] = card.index;
  json["card"] = or_null(card.card);
  json["uuid"] = text_or_null(card.uuid);
  json["name"] = text_or_null(card.name);
  json["utilization_percent"] = or_null(card.utilization.value());
  json["memory_percent"] = or_null(card.memory.value());
  json["completeness_percent"] = or_null(card.completeness.percent());
  json["users"] = or_null(card.users);
  json["held_hours"] =
      hours_or_null(card, [](const HeldTime& held) { return std::optional(held.hours); });
  json["idle_held_hours"] =
      hours_or_null(card, [](const HeldTime& held) { return held.known_idle_hours(); });
  json["failure"] = or_null(card.failure);
}

Json node_json(const NodeFigures& node) {
  Json json{{"node", node.node},
            {"vendor", vendor_name(node.vendor)},
            {"utilization_percent", or_null(node.utilization_percent())},
            {"memory_percent", or_null(node.memory_percent())},
            {"completeness_percent", or_null(node.completeness().percent())},
            {"failure", or_null(node.failure)},
            {"gpus", Json::array()}};
  for (const CardFigures& card : node.cards) {
    append_card(card, json["gpus"].emplace_back());
  }
  return json;
}

Json rows_json(const DailyReport& report) {
  Json rows = Json::array();
  for (const NodeOfDay& node : report.nodes) {
    for (const CardFigures& card : node.figures.cards) {
      Json& row = rows.emplace_back(Json{{"date", node.day.date}, {"node", node.figures.node}});
      append_card(card, row);
    }
  }
  return rows;
}

Json user_rows(const DailyReport& report, const std::string& user) {
  Json rows = Json::array();
  for (const NodeOfDay& node : report.nodes) {
    for (const CardFigures& card : node.figures.cards) {
      if (!card.users || std::ranges::find(*card.users, user) == card.users->end()) {
        continue;
      }
      const auto held = std::ranges::find(card.held, user, &HeldTime::user);
      const bool is_held = held != card.held.end();
      rows.push_back(
          {{"date", node.day.date},
           {"node", node.figures.node},
           {"gpu", card.index},
           {"held_hours", is_held ? Json(held->hours) : Json(nullptr)},
           {"idle_held_hours", is_held ? or_null(held->known_idle_hours()) : Json(nullptr)},
           {"utilization_percent", is_held ? or_null(held->utilization.value()) : Json(nullptr)}});
    }
  }
  return rows;
}

Json user_summary(const UserFigures& user) {
  const bool has_hours = user.has_all_hours;
  return {{"user", user.user},
          {"gpu_hours", has_hours ? Json(user.gpu_hours) : Json(nullptr)},
          {"idle_gpu_hours", has_hours ? or_null(user.known_idle_gpu_hours()) : Json(nullptr)},
          {"utilization_percent", or_null(user.utilization.value())},
          {"gpus", user.cards.size()}};
}

Json head_json(const DailyReport& report) {
  return {{"schema", 1},
          {"from", report.days.front().date},
          {"to", report.days.back().date},
          {"zone", report.zone}};
}

/// Also without a row there is the line with the names.
std::string csv_of(const Json& rows, const Json& example) {
  if (!rows.empty()) {
    return flat_csv(rows);
  }
  const std::string csv = flat_csv(Json::array({example}));
  return csv.substr(0, csv.find('\n') + 1);
}

}  // namespace

Json daily_json(const DailyReport& report) {
  Json json = head_json(report);
  json["nodes"] = Json::array();
  for (const NodeFigures& node : report.sums) {
    json["nodes"].push_back(node_json(node));
  }
  json["days"] = rows_json(report);
  json["users"] = Json::array();
  for (const UserFigures& user : report.users) {
    json["users"].push_back(user_summary(user));
  }
  return json;
}

std::string daily_csv(const DailyReport& report) {
  Json example{{"date", ""}, {"node", ""}};
  append_card(CardFigures{}, example);
  return csv_of(rows_json(report), example);
}

Json user_json(const DailyReport& report, const std::string& user) {
  Json json = head_json(report);
  const auto found = std::ranges::find(report.users, user, &UserFigures::user);
  json["user"] = user_summary(found != report.users.end() ? *found : UserFigures{.user = user});
  json["days"] = user_rows(report, user);
  return json;
}

std::string user_csv(const DailyReport& report, const std::string& user) {
  return csv_of(user_rows(report, user), Json{{"date", ""},
                                              {"node", ""},
                                              {"gpu", 0},
                                              {"held_hours", 0},
                                              {"idle_held_hours", 0},
                                              {"utilization_percent", 0}});
}

}  // namespace wemol::report::daily
