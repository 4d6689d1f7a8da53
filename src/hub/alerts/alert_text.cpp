#include "alert_text.h"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_schema.h"
#include "text.h"
#include "time_text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

std::string_view status_of(AlertEvent event) {
  return event == AlertEvent::resolved ? "resolved" : "firing";
}

std::optional<std::uint64_t> gpu_of(std::string_view metric) {
  const auto parts = split_fields(metric, '.');
  return parts.size() > 2 && parts[0] == "gpu" ? parse_number<std::uint64_t>(parts[1])
                                               : std::nullopt;
}

std::string with_unit(double value, Unit unit) {
  constexpr double kGibibyte = 0x1p30;
  constexpr double kMebibyte = 0x1p20;
  switch (unit) {
    case Unit::percent:
      return fmt::format("{:.5g} %", value);
    case Unit::celsius:
      return fmt::format("{:.4g} °C", value);
    case Unit::watts:
      return fmt::format("{:.5g} W", value);
    case Unit::megahertz:
      return fmt::format("{:.5g} MHz", value);
    case Unit::seconds:
      return fmt::format("{:.5g} s", value);
    case Unit::bytes:
      return fmt::format("{:.1f} GiB", value / kGibibyte);
    case Unit::bytes_per_second:
      return fmt::format("{:.1f} MiB/s", value / kMebibyte);
    case Unit::per_second:
      return fmt::format("{:.5g}/s", value);
    default:
      return fmt::format("{:.6g}", value);
  }
}

/// "gpu7, GPU 3"
std::string subject_text(const AlertSubject& subject) {
  const auto gpu = gpu_of(subject.metric);
  return gpu ? fmt::format("{}, GPU {}", subject.host, *gpu) : subject.host;
}

std::string span_text(std::chrono::seconds span) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3'600;
  const std::int64_t seconds = span.count();
  if (seconds >= kHour && seconds % kHour == 0) {
    return fmt::format("{} h", seconds / kHour);
  }
  return seconds >= kMinute && seconds % kMinute == 0 ? fmt::format("{} min", seconds / kMinute)
                                                      : fmt::format("{} s", seconds);
}

Json alert_object(const AlertSubject& subject, const Alert& alert, const AlertRule& rule) {
  Json json;
  json["rule"] = rule.name;
  json["severity"] = rule.severity;
  json["host"] = subject.host;
  const auto gpu = gpu_of(subject.metric);
  json["gpu"] = gpu ? Json(*gpu) : Json();
  json["metric"] = subject.metric;
  json["value"] = alert.value ? Json(*alert.value) : Json();
  json["threshold"] = rule.is_offline ? Json() : Json(rule.threshold);
  json["since"] = iso_time_text(alert.began_wall);
  return json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string alert_title(const AlertNotice& notice, const AlertRule& rule) {
  const std::string about = subject_text(notice.subject);
  const bool is_over = notice.event == AlertEvent::resolved;
  if (rule.is_offline) {
    return fmt::format("{}: {}", about, is_over ? "online again" : "offline");
  }
  const HostKey* const key = find_flat_key(notice.subject.metric);
  const Unit unit = key == nullptr ? Unit::count : key->unit;
  const std::string value =
      notice.alert.value ? with_unit(*notice.alert.value, unit) : std::string("unknown");
  const std::string bound = with_unit(rule.threshold, unit);
  return is_over ? fmt::format("{}: {} is {}, no longer {} {}", about, notice.subject.metric, value,
                               rule.is_below ? "below" : "above", bound)
                 : fmt::format("{}: {} is {}, {} {}", about, notice.subject.metric, value,
                               rule.is_below ? "below" : "above", bound);
}

std::string alert_text(const AlertNotice& notice, const AlertRule& rule) {
  const std::string held =
      rule.duration.count() > 0 ? fmt::format(" for {} or more", span_text(rule.duration)) : "";
  return fmt::format("[{}] {}{} (rule {}, since {})",
                     notice.event == AlertEvent::resolved ? "resolved" : rule.severity,
                     alert_title(notice, rule), notice.event == AlertEvent::resolved ? "" : held,
                     rule.name, iso_time_text(notice.alert.began_wall));
}

std::string alert_json(const AlertNotice& notice, const AlertRule& rule) {
  Json json;
  json["status"] = status_of(notice.event);
  json["repeated"] = notice.event == AlertEvent::repeated;
  json.update(alert_object(notice.subject, notice.alert, rule));
  json["title"] = alert_title(notice, rule);
  json["text"] = alert_text(notice, rule);
  return dump(json);
}

std::vector<std::string> alert_command(const AlertNotice& notice, const AlertRule& rule) {
  const std::array<std::pair<std::string_view, std::string>, 8> values{{
      {"{title}", alert_title(notice, rule)},
      {"{text}", alert_text(notice, rule)},
      {"{status}", std::string(status_of(notice.event))},
      {"{rule}", rule.name},
      {"{severity}", rule.severity},
      {"{host}", notice.subject.host},
      {"{metric}", notice.subject.metric},
      {"{value}", notice.alert.value ? fmt::format("{}", *notice.alert.value) : std::string()},
  }};
  std::vector<std::string> command;
  for (const std::string& argument : rule.command) {
    std::string text;
    // In one go, so that nothing is replaced in what was put in.
    for (std::size_t at = 0; at < argument.size();) {
      bool is_place = false;
      for (const auto& [place, value] : values) {
        if (std::string_view(argument).substr(at).starts_with(place)) {
          text += value;
          at += place.size();
          is_place = true;
          break;
        }
      }
      if (!is_place) {
        text += argument[at++];
      }
    }
    command.push_back(std::move(text));
  }
  return command;
}

std::string alerts_json(const AlertEngine& engine) {
  Json json;
  json["rules"] = Json::array();
  for (const AlertRule& rule : engine.rules()) {
    Json entry;
    entry["name"] = rule.name;
    entry["metric"] = rule.metric;
    entry["hosts"] = rule.hosts;
    entry["severity"] = rule.severity;
    entry["above"] = rule.is_offline || rule.is_below ? Json() : Json(rule.threshold);
    entry["below"] = rule.is_below ? Json(rule.threshold) : Json();
    entry["for"] = rule.duration.count();
    entry["repeat"] = rule.repeat.count();
    entry["webhook"] = !rule.webhook.empty();
    entry["command"] = !rule.command.empty();
    json["rules"].push_back(std::move(entry));
  }
  json["alerts"] = Json::array();
  for (const auto& [subject, alert] : engine.alerts()) {
    Json entry = alert_object(subject, alert, engine.rules()[subject.rule]);
    entry["state"] = alert.state == AlertState::firing ? "firing" : "pending";
    json["alerts"].push_back(std::move(entry));
  }
  return dump(json);
}

}  // namespace wemol::hub
