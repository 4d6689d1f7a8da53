#include "history.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "text.h"

namespace wemol::hub {
namespace {

constexpr std::size_t kLongestMetric = 300;

bool is_metric(std::string_view name) {
  return !name.empty() && name.size() <= kLongestMetric && printable(name) == name;
}

void append_number(double number, std::string& text) {
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(text), "{}", number);
  } else {
    text += "null";
  }
}

std::int64_t seconds_since_1970(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void append_series(const HistorySeries& series, std::string& text) {
  text += R"({"metric":)";
  text += '"';
  for (const char c : series.metric) {  // printable
    text += c == '"' || c == '\\' ? "\\" : "";
    text += c;
  }
  text += R"(","points":[)";
  bool is_first = true;
  for (const HistoryPoint& point : series.points) {
    fmt::format_to(std::back_inserter(text), "{}[{}", is_first ? "" : ",",
                   seconds_since_1970(point.time));
    is_first = false;
    for (const double number : {point.min, point.mean, point.max}) {
      text += ',';
      append_number(number, text);
    }
    text += ']';
  }
  text += "]}";
}

}  // namespace

Result<void> check(const HistoryQuery& query) {
  using namespace std::chrono_literals;
  if (!is_host_name(query.host)) {
    return failure("host: the name of a host is expected");
  }
  if (query.metrics.empty() || query.metrics.size() > kMostHistoryMetrics) {
    return failure(fmt::format("metric: from 1 to {} names are expected", kMostHistoryMetrics));
  }
  if (!std::ranges::all_of(query.metrics, is_metric)) {
    return failure("metric: the name of a figure is expected, such as system.cpu.usage_percent");
  }
  if (query.from >= query.to) {
    return failure("from, to: the first has to be earlier");
  }
  if (query.step < 1s || query.step > std::chrono::days(366)) {
    return failure("step: from 1 second to a year is expected");
  }
  // Both times come from outside: the difference of the whole seconds cannot overflow.
  const std::int64_t span = seconds_since_1970(query.to) - seconds_since_1970(query.from);
  if (span / query.step.count() > kMostHistoryPoints) {
    return failure(fmt::format("step: more than {} points from {} to {}: take a longer one",
                               kMostHistoryPoints, seconds_since_1970(query.from),
                               seconds_since_1970(query.to)));
  }
  return {};
}

bool matches_metric(std::string_view pattern, std::string_view name) {
  for (;;) {
    const std::string_view wanted = pattern.substr(0, pattern.find('.'));
    const std::string_view part = name.substr(0, name.find('.'));
    if (wanted != "*" && wanted != part) {
      return false;
    }
    const bool is_last = wanted.size() == pattern.size();
    if (is_last || part.size() == name.size()) {
      return is_last && part.size() == name.size();
    }
    pattern.remove_prefix(wanted.size() + 1);
    name.remove_prefix(part.size() + 1);
  }
}

std::string history_json(const HistoryAnswer& answer) {
  std::string text = fmt::format(R"({{"step":{},"series":[)", answer.step.count());
  bool is_first = true;
  for (const HistorySeries& series : answer.series) {
    text += is_first ? "" : ",";
    is_first = false;
    append_series(series, text);
  }
  return text + "]}";
}

}  // namespace wemol::hub
