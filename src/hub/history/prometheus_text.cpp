#include "prometheus_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_schema.h"
#include "task_schema.h"
#include "text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::json;

/// Figures that the agents' /metrics has as counters or in two parts. {0} is the labels, {1} the
/// time that rates are of.
struct Derived {
  std::string_view figure;
  std::string_view expression;
};

constexpr std::array kDerived{
    Derived{"system.disk.io_read_bytes_per_sec", "sum(rate(host_disk_read_bytes_total{0}[{1}]))"},
    Derived{"system.disk.io_write_bytes_per_sec",
            "sum(rate(host_disk_written_bytes_total{0}[{1}]))"},
    Derived{"system.disk.io_operations_per_sec",
            "sum(rate(host_disk_reads_completed_total{0}[{1}])) + "
            "sum(rate(host_disk_writes_completed_total{0}[{1}]))"},
    Derived{"system.network.rx_bytes_per_sec",
            "sum(rate(host_network_receive_bytes_total{0}[{1}]))"},
    Derived{"system.network.tx_bytes_per_sec",
            "sum(rate(host_network_transmit_bytes_total{0}[{1}]))"},
    Derived{"system.network.rx_packets_per_sec",
            "sum(rate(host_network_receive_packets_total{0}[{1}]))"},
    Derived{"system.network.tx_packets_per_sec",
            "sum(rate(host_network_transmit_packets_total{0}[{1}]))"},
    Derived{"gpu.{}.memoryAllocated", "100 * gpu_memory_used_bytes{0} / gpu_memory_total_bytes{0}"},
    Derived{"gpu.{}.powerPercent", "100 * gpu_power_draw_watts{0} / gpu_power_limit_watts{0}"},
};

constexpr double kMegahertzPerHertz = 1e-6;

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    result += c == '\\' || c == '"' ? "\\" : "";
    result += c;
  }
  return result + '"';
}

std::string matcher(std::string_view label, std::string_view part) {
  return part == "*" ? fmt::format("{}=~\".+\"", label)
                     : fmt::format("{}={}", label, in_quotes(part));
}

/// A container's name of which blanks, dots and stars became '_' (report_figures.cpp).
std::string container_matcher(std::string_view part) {
  if (part == "*" || part.find('_') == std::string_view::npos) {
    return matcher("container", part);
  }
  std::string pattern;
  for (const char c : part) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || static_cast<signed char>(c) < 0;
    pattern += c == '_' ? "[_. *]" : is_plain ? std::string(1, c) : std::string{'\\', c};
  }
  return fmt::format("container=~{}", in_quotes(pattern));
}

std::string with_labels(std::string_view expression, const std::string& labels,
                        std::chrono::seconds rate_over) {
  std::string text(expression);
  const auto put = [&](std::string_view place, const std::string& value) {
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size())) {
      text.replace(at, place.size(), value);
    }
  };
  put("{1}", fmt::format("{}s", rate_over.count()));
  put("{0}", "{" + labels + "}");
  return text;
}

/// A figure by the schema's name of it: "gpu.{}.temp".
Result<PromSelection> select(std::string_view key, const std::string& labels, std::string name,
                             std::chrono::seconds rate_over) {
  const auto derived = std::ranges::find(kDerived, key, &Derived::figure);
  if (derived != kDerived.end()) {
    return PromSelection{with_labels(derived->expression, labels, rate_over), false, 1,
                         std::move(name)};
  }
  std::string sample(key);
  if (const std::size_t at = sample.find("{}"); at != std::string::npos) {
    sample.replace(at, 2, "0");
  }
  const HostKey* const field = find_flat_key(sample);
  if (field == nullptr || field->metric.empty()) {
    return failure(fmt::format("{}: Prometheus has no such figure", name));
  }
  const double factor = field->unit == Unit::megahertz ? kMegahertzPerHertz : 1;
  return PromSelection{fmt::format("{}{{{}}}", field->metric, labels), true, factor,
                       std::move(name)};
}

template <typename Fields>
Result<PromSelection> select_in(const Fields& fields, std::string_view key,
                                const std::string& labels, std::string name) {
  for (const Field& field : fields) {
    if (field.name == key && !field.metric.empty()) {
      return PromSelection{fmt::format("{}{{{}}}", field.metric, labels), true, 1, std::move(name)};
    }
  }
  return failure(fmt::format("{}: Prometheus has no such figure", name));
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t from) {
  std::string text;
  for (std::size_t at = from; at < parts.size(); ++at) {
    text += text.empty() ? "" : ".";
    text += parts[at];
  }
  return text;
}

/// For a name: the part itself, or in the place of a star the label.
std::string part_or_label(std::string_view part, std::string_view label) {
  return part == "*" ? fmt::format("{{{}}}", label) : std::string(part);
}

Result<PromSelection> select_of_container(const std::string& host_label,
                                          const std::vector<std::string_view>& parts) {
  const std::string labels = host_label + "," + container_matcher(parts[1]);
  std::string name = "container." + part_or_label(parts[1], "container") + ".";
  constexpr std::size_t kGpuParts = 5;
  if (parts.size() == kGpuParts && parts[2] == "gpu") {
    name += fmt::format("gpu.{}.{}", part_or_label(parts[3], "gpu"), parts[4]);
    return select_in(gpu_use_fields(), parts[4], labels + "," + matcher("gpu", parts[3]),
                     std::move(name));
  }
  const std::string key = joined(parts, 2);
  return select_in(sample_fields(), key, labels, name + key);
}

void append_escaped(std::string_view text, std::string& form) {
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      form += c;
    } else {
      fmt::format_to(std::back_inserter(form), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

std::string name_of(const Json& labels, const PromSelection& selection) {
  std::string name = selection.name;
  for (const char* const label : {"container", "gpu"}) {
    const std::string place = fmt::format("{{{}}}", label);
    if (const std::size_t at = name.find(place); at != std::string::npos) {
      std::string part = text_in(labels, label);
      std::ranges::replace_if(
          part, [](char c) { return c == ' ' || c == '.' || c == '*'; }, '_');
      name.replace(at, place.size(), part);
    }
  }
  return name;
}

/// [1749030240,"12.5"]
std::optional<std::pair<std::int64_t, double>> read_value(const Json& value) {
  constexpr double kLatest = 1e11;
  if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_string()) {
    return std::nullopt;
  }
  const auto time = value[0].get<double>();
  const auto number = parse_number<double>(value[1].get<std::string>());
  if (!number || !std::isfinite(*number) || !(time >= 0 && time < kLatest)) {
    return std::nullopt;
  }
  return std::pair(static_cast<std::int64_t>(time), *number);
}

/// By time; a statistic that is missing is NaN.
using Points = std::map<std::int64_t, HistoryPoint>;

void take_series(const Json& result, std::string_view stat, double factor, Points& points) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  double HistoryPoint::*const member = stat == "min"    ? &HistoryPoint::min
                                       : stat == "mean" ? &HistoryPoint::mean
                                                        : &HistoryPoint::max;
  const auto values = result.find("values");
  if (values == result.end() || !values->is_array()) {
    return;
  }
  for (const Json& value : *values) {
    if (const auto read = read_value(value)) {
      HistoryPoint& point =
          points.try_emplace(read->first, HistoryPoint{{}, kMissing, kMissing, kMissing})
              .first->second;
      // Of two series with one name the first counts: a card that was put into another slot.
      point.*member = std::isnan(point.*member) ? read->second * factor : point.*member;
    }
  }
}

HistorySeries series_of(const std::string& name, const Points& points, std::chrono::seconds step) {
  HistorySeries series{.metric = name};
  for (const auto& [time, point] : points) {
    if (!std::isnan(point.min) && !std::isnan(point.mean) && !std::isnan(point.max)) {
      series.points.push_back(point);
      series.points.back().time = WallTime(std::chrono::seconds(time) - step);
    }
  }
  return series;
}

}  // namespace

Result<PromSelection> prom_selection(std::string_view host, std::string_view figure,
                                     std::chrono::seconds rate_over) {
  const std::string labels = matcher("host", host);
  const auto parts = split_fields(figure, '.');
  if (parts.size() >= 3 && parts[0] == "gpu" && parts[1] != "process") {
    const std::string key = joined(parts, 2);
    return select("gpu.{}." + key, labels + "," + matcher("gpu", parts[1]),
                  fmt::format("gpu.{}.{}", part_or_label(parts[1], "gpu"), key), rate_over);
  }
  if (parts.size() >= 3 && parts[0] == "container") {
    return select_of_container(labels, parts);
  }
  return select(figure, labels, std::string(figure), rate_over);
}

std::string prom_query(const PromSelection& selection, std::chrono::seconds step) {
  const std::string range = selection.is_selector
                                ? fmt::format("{}[{}s]", selection.expression, step.count())
                                : fmt::format("({})[{}s:]", selection.expression, step.count());
  std::string query;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kStatistics{
      {{"min_over_time", "min"}, {"avg_over_time", "mean"}, {"max_over_time", "max"}}};
  for (const auto& [function, stat] : kStatistics) {
    query += fmt::format(R"({}label_replace({}({}), "stat", "{}", "", ""))",
                         query.empty() ? "" : " or ", function, range, stat);
  }
  return query;
}

std::string prom_range_form(std::string_view query, const HistoryQuery& asked,
                            std::chrono::seconds step) {
  const auto seconds = [](WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  // A value at a time is of the step that ends there.
  const std::int64_t start = seconds(asked.from) / step.count() * step.count() + step.count();
  const std::int64_t end = (seconds(asked.to) + step.count() - 1) / step.count() * step.count();
  std::string form = "query=";
  append_escaped(query, form);
  form += fmt::format("&start={}&end={}&step={}", start, std::max(start, end), step.count());
  return form;
}

Result<std::vector<HistorySeries>> read_prom_answer(std::string_view body,
                                                    const PromSelection& selection,
                                                    std::chrono::seconds step) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || text_in(json, "status") != "success") {
    const std::string error = text_in(json, "error");
    return failure(error.empty() ? "the answer is not one of Prometheus"
                                 : "Prometheus says: " + printable(error));
  }
  const auto data = json.find("data");
  const auto results = data == json.end() || !data->is_object() ? json.end() : data->find("result");
  if (data == json.end() || !data->is_object() || results == data->end() || !results->is_array()) {
    return failure("the answer is not one of Prometheus");
  }
  std::map<std::string, Points> by_name;
  for (const Json& result : *results) {
    const Json labels = result.is_object() ? result.value("metric", Json()) : Json();
    const std::string stat = text_in(labels, "stat");
    if (stat == "min" || stat == "mean" || stat == "max") {
      take_series(result, stat, selection.factor, by_name[name_of(labels, selection)]);
    }
  }
  std::vector<HistorySeries> all;
  all.reserve(by_name.size());
  for (const auto& [name, points] : by_name) {
    all.push_back(series_of(name, points, step));
  }
  return all;
}

}  // namespace wemol::hub
