#include "host_documents.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "time_text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

std::string_view online_member(const Host& host) {
  return host.is_online ? R"("is_online":true)" : R"("is_online":false)";
}

/// So that a member can be added.
std::string_view without_last_brace(std::string_view object) {
  return object.substr(0, object.size() - 1);
}

/// A host's name needs no escapes: is_host_name().
void append_machine(const Host& host, std::string& text) {
  text += '"';
  text += host.name;
  text += "\":";
  const std::string& report = host.report->json;
  text += without_last_brace(report);
  text += report.size() > 2 ? "," : "";
  text += online_member(host);
  text += '}';
}

std::size_t length_of(const Host& host) {
  constexpr std::size_t kAround = 32;
  return host.name.size() + host.report->json.size() + kAround;
}

Json seconds_json(SteadyTime::duration span) {
  return std::chrono::duration<double>(span).count();
}

Json host_json(const Host& host, SteadyTime now) {
  Json json;
  json["hostname"] = host.name;
  json["is_online"] = host.is_online;
  json["last_seen"] = iso_time_text(host.received_wall);
  json["seconds_since"] = seconds_json(now - host.received_at);
  const auto interval = host.interval();
  json["interval"] = interval ? seconds_json(*interval) : Json();
  json["address"] = host.address;
  json["gpu_count"] = host.report->gpu_count;
  json["reports"] = host.reports;
  json["has_token"] = host.has_token;
  return json;
}

bool is_ipv6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

}  // namespace

SharedText gpu_stats_json(const HostTable& table) {
  SharedText text;
  text.add(R"({"machines":{)", nullptr);
  std::string_view comma;
  table.for_each([&](const Host& host) {
    text.add(fmt::format(R"({}"{}":)", comma, host.name));
    const std::string& report = host.report->json;
    text.add(without_last_brace(report), host.report);
    text.add(fmt::format("{}{}}}", report.size() > 2 ? "," : "", online_member(host)));
    comma = ",";
  });
  text.add("}}", nullptr);
  return text;
}

std::string entity_tag(const HostTable& table, std::string_view start_id) {
  return fmt::format("\"{}-{}\"", start_id, table.revision());
}

std::string changes_json(const HostChanges& changes) {
  std::string text = fmt::format(R"({{"type":"hosts","revision":{},"everything":{},"machines":{{)",
                                 changes.revision, changes.is_everything);
  const std::size_t begin = text.size();
  std::size_t length = begin;
  for (const Host* const host : changes.changed) {
    length += length_of(*host);
  }
  text.reserve(length);
  for (const Host* const host : changes.changed) {
    text += text.size() > begin ? "," : "";
    append_machine(*host, text);
  }
  text += R"(},"removed":)";
  text += Json(changes.removed).dump();
  text += '}';
  return text;
}

std::string hosts_json(const HostTable& table, SteadyTime now) {
  Json list = Json::array();
  table.for_each([&](const Host& host) { list.push_back(host_json(host, now)); });
  Json json;
  json["hosts"] = std::move(list);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string tasks_json(const HostTable& table) {
  std::string text = R"({"hosts":[)";
  const std::size_t begin = text.size();
  table.for_each([&](const Host& host) {
    constexpr std::string_view kNone = "[]";
    if (host.report->tasks == kNone) {
      return;
    }
    text += text.size() > begin ? "," : "";
    text += fmt::format(R"({{"hostname":"{}",{},"tasks":{}}})", host.name, online_member(host),
                        host.report->tasks);
  });
  return text + "]}";
}

std::string service_discovery_json(const HostTable& table) {
  Json groups = Json::array();
  table.for_each([&](const Host& host) {
    if (!host.report->metrics_port || host.address.empty()) {
      return;
    }
    const std::string address =
        is_ipv6(host.address) ? fmt::format("[{}]", host.address) : host.address;
    const std::string target = fmt::format("{}:{}", address, *host.report->metrics_port);
    Json group;
    group["targets"] = Json::array({target});
    group["labels"]["host"] = host.name;
    groups.push_back(std::move(group));
  });
  return groups.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wemol::hub
