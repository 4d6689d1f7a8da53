#include "report.h"

#include <algorithm>

#include <fmt/format.h>

#include "json_value.h"
#include "report_check.h"
#include "report_figures.h"
#include "text.h"

namespace wemol::hub {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestHostName = 253;
constexpr double kLongestIntervalSeconds = 86'400;
constexpr double kLongestAgeSeconds = 3'600;
constexpr std::uint16_t kMostPorts = 65'535;

bool has_too_many_values(std::string_view body, std::size_t most) {
  std::size_t separators = 0;
  for (const char c : body) {
    separators += c == ',' || c == '[' || c == '{' ? 1 : 0;
  }
  return separators > most;
}

std::optional<double> number_at(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value == nullptr || value->is_null() ? std::nullopt
                                              : std::optional(value->to_number<double>());
}

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

Result<std::string> host_name_of(const json::object& object) {
  const json::value* const name = object.if_contains("hostname");
  if (name == nullptr || name->is_null()) {
    return failure("hostname: it is missing");
  }
  const std::string_view text = name->get_string();
  if (!is_host_name(text)) {
    return failure(
        "hostname: letters, digits, '.', '-' and '_' are expected, at most 253, with a letter, "
        "digit "
        "or '_' in front");
  }
  return std::string(text);
}

const json::array* containers_of(const json::object& object) {
  const json::value* const system = object.if_contains("system_info");
  const json::object* const info = system == nullptr ? nullptr : system->if_object();
  const json::value* const list =
      info == nullptr ? nullptr : info->if_contains("docker_containers");
  return list == nullptr ? nullptr : list->if_array();
}

std::string tasks_of(const json::object& object) {
  std::string tasks = "[";
  if (const json::array* const containers = containers_of(object)) {
    for (const json::value& container : *containers) {
      const json::value* const id = container.get_object().if_contains("task_id");
      if (id != nullptr && !id->is_null()) {
        tasks += tasks.size() > 1 ? "," : "";
        append_json(container, tasks);
      }
    }
  }
  return tasks + "]";
}

Result<Report> read_times(const json::object& object, Report report) {
  if (const auto interval = number_at(object, "interval")) {
    if (*interval > kLongestIntervalSeconds) {
      return failure("interval: at most 86400 seconds are expected");
    }
    if (*interval > 0) {
      report.interval = nanoseconds_of(*interval);
    }
  }
  const double age = number_at(object, "age").value_or(0);
  if (age > kLongestAgeSeconds) {
    return failure("age: at most 3600 seconds are expected");
  }
  report.age = nanoseconds_of(age);
  if (const auto port = number_at(object, "metrics_port"); port && *port > 0) {
    if (*port > kMostPorts) {
      return failure("metrics_port: at most 65535 is expected");
    }
    report.metrics_port = static_cast<std::uint16_t>(*port);
  }
  return report;
}

}  // namespace

std::optional<double> find_figure(const Figures& figures, std::string_view name) {
  const auto found = std::ranges::lower_bound(figures, name, {}, &Figure::name);
  return found == figures.end() || found->name != name ? std::nullopt : std::optional(found->value);
}

bool is_host_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= kLongestHostName && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || c == '.' || c == '-'; });
}

Result<Report> parse_report(std::string_view body, const ReportLimits& limits) {
  if (body.size() > limits.body_bytes) {
    return failure(fmt::format("the report has more than {} bytes", limits.body_bytes));
  }
  if (has_too_many_values(body, limits.values)) {
    return failure(fmt::format("the report has more than {} values", limits.values));
  }
  auto document = JsonDocument::parse(body, limits.depth);
  if (!document) {
    return failure("the report is " + printable(document.error().message));
  }
  if (!document->root().is_object()) {
    return failure(
        fmt::format("the report: an object is expected, not {}", kind_name(document->root())));
  }
  const json::object& object = document->root().get_object();
  if (const auto fine = check_report(object, limits); !fine) {
    return tl::make_unexpected(fine.error());
  }
  auto name = host_name_of(object);
  if (!name) {
    return tl::make_unexpected(name.error());
  }
  auto figures = figures_of(object);
  if (!figures) {
    return tl::make_unexpected(figures.error());
  }
  Report report{.hostname = std::move(*name), .tasks = tasks_of(object)};
  report.figures = std::move(*figures);
  const json::value* const gpus = object.if_contains("gpu_data");
  report.gpu_count = gpus != nullptr && gpus->is_array() ? gpus->get_array().size() : 0;
  // Whether it is online is ours to say.
  report.json.reserve(body.size());
  append_json_without(object, "is_online", report.json);
  return read_times(object, std::move(report));
}

}  // namespace wemol::hub
