// Fetches days as `wemol-report daily` does, with moments told instead of the clock, and prints
// what it got as JSON. The plan comes as JSON by standard input.
#include <chrono>
#include <iostream>
#include <iterator>
#include <string>
#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

#include "fetch_days.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

Json json_of_number(const std::optional<Number>& number) {
  return number ? std::visit([](auto value) { return Json(value); }, *number) : Json();
}

template <typename Value>
Json json_of_optional(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

SourceKind kind_of(const std::string& name) {
  return name == "prometheus" ? SourceKind::prometheus
         : name == "recorder" ? SourceKind::recorder
                              : SourceKind::netdata;
}

FetchPlan plan_of(const Json& json) {
  FetchPlan plan;
  plan.now_epoch = json.at("now");
  plan.jobs = json.value("jobs", kUsualJobs);
  plan.is_asking_figures = json.value("figures", true);
  plan.settings.points = json.value("points", plan.settings.points);
  plan.settings.timeout = std::chrono::milliseconds(json.value("timeout_ms", 30000));
  for (const Json& day : json.at("days")) {
    plan.days.push_back({day.at("date"), day.at("begin"), day.at("end")});
  }
  for (const Json& node : json.at("nodes")) {
    NodeSettings settings{.name = node.at("name"),
                          .url = node.at("url"),
                          .source = kind_of(node.value("source", "netdata")),
                          .cards = node.value("cards", std::vector<unsigned>()),
                          .ids = node.value("ids", std::map<std::string, unsigned>()),
                          .instance = node.value("instance", "")};
    if (node.contains("id_base")) {
      settings.id_base = node.at("id_base").get<unsigned>();
    }
    plan.settings.nodes.push_back(std::move(settings));
  }
  if (json.contains("management")) {
    const Json& management = json.at("management");
    plan.settings.management =
        ManagementSettings{.url = management.at("url"),
                           .token_file = management.value("token_file", ""),
                           .token_environment = management.value("token_env", ""),
                           .ca_file = management.value("ca_file", "")};
  }
  return plan;
}

Json json_of_card(const CardDay& card) {
  Json buckets = Json::array();
  for (const Bucket& bucket : card.buckets) {
    buckets.push_back({bucket.end_epoch, json_of_number(bucket.utilization_percent),
                       json_of_number(bucket.memory_percent)});
  }
  return {{"index", card.index}, {"card", json_of_optional(card.card)},       {"uuid", card.uuid},
          {"name", card.name},   {"failure", json_of_optional(card.failure)}, {"buckets", buckets}};
}

Json json_of_task(const TaskUse& task) {
  Json cards = Json::array();
  for (const TaskUse::OnCard& card : task.cards) {
    cards.push_back(
        {{"index", json_of_optional(card.index)}, {"id", card.id}, {"mig", card.is_mig}});
  }
  return {{"user", task.user},
          {"begin", task.begin_epoch},
          {"end", json_of_optional(task.end_epoch)},
          {"cards", cards}};
}

Json json_of_node(const NodeDay& node) {
  Json json{{"node", node.node},
            {"vendor", node.vendor == Vendor::amd ? "amd" : "nvidia"},
            {"failure", json_of_optional(node.failure)},
            {"expected", node.expected_buckets},
            {"cards", Json::array()}};
  for (const CardDay& card : node.cards) {
    json["cards"].push_back(json_of_card(card));
  }
  if (node.tasks) {
    json["tasks"] = Json::array();
    for (const TaskUse& task : *node.tasks) {
      json["tasks"].push_back(json_of_task(task));
    }
  }
  return json;
}

}  // namespace
}  // namespace wemol::report::daily

int main() {
  using namespace wemol::report::daily;
  const std::string text{std::istreambuf_iterator<char>(std::cin),
                         std::istreambuf_iterator<char>()};
  const auto begin = std::chrono::steady_clock::now();
  const auto days = fetch_days(plan_of(Json::parse(text)));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Json result{{"seconds", took.count()}, {"days", Json::array()}};
  for (const FetchedDay& day : days) {
    Json nodes = Json::array();
    for (const NodeDay& node : day.nodes) {
      nodes.push_back(json_of_node(node));
    }
    result["days"].push_back({{"warnings", day.warnings}, {"nodes", nodes}});
  }
  std::cout << result.dump() << "\n";
}
