#include "logged_lines.h"

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include "logged_run.h"

namespace wemol::fuzz {
namespace {

using Json = nlohmann::json;
using Figures = std::map<std::string, std::optional<double>>;

/// What a line says to a reader of whole documents; nothing when it is no line of a run.
std::optional<Figures> expected_figures(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("_timestamp") || !json["_timestamp"].is_number()) {
    return std::nullopt;
  }
  const auto timestamp = json["_timestamp"].get<double>();
  if (!(timestamp >= 0 && timestamp < 7258118400)) {
    return std::nullopt;
  }
  Figures figures;
  for (const auto& [name, value] : json.items()) {
    if (name == "_step" || name == "_timestamp") {
      continue;
    }
    if (value.is_number()) {
      figures[name] = value.get<double>();
    } else if (value.is_null()) {
      figures[name] = std::nullopt;
    }
  }
  return figures;
}

/// Of a name that is there twice a document keeps the last value, whatever it is; here the last
/// number or null counts.
bool agrees(const reading::LoggedLine& line, const Figures& expected) {
  Figures figures;
  for (const reading::LoggedFigure& figure : line.figures()) {
    figures[figure.name] = figure.value;
  }
  for (const auto& [name, value] : expected) {
    const auto found = figures.find(name);
    if (found == figures.end() || found->second != value) {
      return false;
    }
  }
  return true;
}

void check_figures(const report::LoggedRun& run) {
  const auto columns = report::columns_of(run, 10);
  require(columns.begins.size() <= 10, "a plot has no more columns than are wanted");
  require(run.steps().count() <= report::TimeSteps::kMostSteps, "time has so many steps at most");
  for (const report::LoggedMetric& metric : run.metrics()) {
    const report::MetricSeries& series = metric.series;
    require(series.values() + metric.nulls <= run.lines(), "a line has one value of a name");
    const auto means = report::means_in(columns, series, run.steps());
    require(means.size() == columns.begins.size(), "each column has a mean or none");
    if (series.values() > 0) {
      require(series.min() <= series.last() && series.last() <= series.max(),
              "the last value is one of the values");
      require(report::mean_of_known(means).has_value(), "a value is in some column");
    }
  }
}

void check_logged_lines(std::string_view input) {
  report::LoggedRun run;
  reading::LoggedLine line;
  while (!input.empty()) {
    const std::string_view text = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), text.size() + 1));
    const auto expected = expected_figures(text);
    const bool is_line = line.parse(text);
    require(!is_line || line.trouble().empty(), "a good line has no trouble");
    require(is_line || !line.trouble().empty(), "a bad line says why");
    require(!expected || (is_line && agrees(line, *expected)),
            "it reads what a reader of whole documents does");
    if (is_line) {
      require(line.timestamp() >= 0 && std::isfinite(line.timestamp()), "a line has a time");
      run.add(line);
    }
  }
  if (run.lines() > 0) {
    check_figures(run);
  }
}

const Target logged_lines_target("logged_lines", check_logged_lines);

}  // namespace
}  // namespace wemol::fuzz
