#include <nlohmann/json.hpp>

#include "logged_run_view.h"

namespace wemol::report {
namespace {

constexpr int kFigureDecimals = 3;

/// The caller's own numbers may be of any size and are given as they are.
Json json_value(const LoggedMetric& metric, const std::optional<double>& value) {
  return metric.is_hardware() || !value ? json_number(value, kFigureDecimals) : Json(*value);
}

Json json_moment(double seconds_since_1970) {
  const auto since = std::chrono::duration<double>(seconds_since_1970);
  return json_time(WallTime(std::chrono::duration_cast<WallTime::duration>(since)));
}

Json json_step(const std::optional<std::int64_t>& step) {
  return step ? Json(*step) : Json();
}

Json json_unit(const LoggedMetric& metric) {
  const std::string_view unit = unit_name(metric.key);
  return unit.empty() ? Json() : Json(unit);
}

Json json_figures(const LoggedRun& run, const LoggedMetric& metric) {
  const MetricSeries& series = metric.series;
  const auto known = [&](double value) {
    return series.values() > 0 ? json_value(metric, value) : Json();
  };
  return {{"values", series.values()},  {"not_numbers", metric.nulls},
          {"min", known(series.min())}, {"mean", json_value(metric, run.mean_of(metric))},
          {"max", known(series.max())}, {"last", known(series.last())}};
}

Json json_metric(const LoggedRun& run, const LoggedMetric& metric, const LoggedColumns& columns) {
  Json json{{"name", json_text(metric.name)},
            {"kind", metric.is_hardware() ? "hardware" : "own"},
            {"unit", json_unit(metric)}};
  json.update(json_figures(run, metric));
  json["series"] = Json::array();
  for (const auto& mean : means_in(columns, metric.series, run.steps())) {
    json["series"].push_back(json_value(metric, mean));
  }
  return json;
}

Json json_bad_lines(const reading::ReadingReport& reading) {
  Json bad_lines = Json::array();
  for (const reading::BadLine& bad : reading.first_bad_lines) {
    bad_lines.push_back({{"line", bad.line}, {"reason", json_text(bad.reason)}});
  }
  return bad_lines;
}

Json json_run(const LoggedRunReport& report, const MetricSelection& selection,
              std::size_t most_columns) {
  const LoggedRun& run = report.run;
  const LoggedColumns columns = columns_of(run, most_columns);
  Json json{{"file", json_text(report.file.string())},
            {"run", run_name(report)},
            {"begin", json_moment(run.begin())},
            {"end", json_moment(run.end())},
            {"duration_seconds", json_number(run.duration_seconds(), kFigureDecimals)},
            {"lines", run.lines()},
            {"first_step", json_step(run.first_step())},
            {"last_step", json_step(run.last_step())},
            {"bytes", report.reading.report.bytes},
            {"torn_last_line", report.reading.has_torn_end},
            {"bad_lines", report.reading.report.bad_lines},
            {"first_bad_lines", json_bad_lines(report.reading.report)},
            {"values_left_out", run.values_left_out()},
            {"series_begins", Json::array()},
            {"metrics", Json::array()}};
  for (const double begin : columns.begins) {
    json["series_begins"].push_back(json_moment(begin));
  }
  for (const LoggedMetric& metric : run.metrics()) {
    if (selection.has(metric)) {
      json["metrics"].push_back(json_metric(run, metric, columns));
    }
  }
  return json;
}

std::optional<double> last_of(const LoggedMetric& metric) {
  return metric.series.values() > 0 ? std::optional(metric.series.last()) : std::nullopt;
}

/// Of a metric that both have.
Json json_difference(const MetricPair& pair, const LoggedRun& a, const LoggedRun& b) {
  const auto mean = difference_of(a.mean_of(*pair.a), b.mean_of(*pair.b));
  const auto last = difference_of(last_of(*pair.a), last_of(*pair.b));
  return {{"name", json_text(pair.a->name)},
          {"unit", json_unit(*pair.a)},
          {"mean", json_value(*pair.a, mean.difference)},
          {"mean_percent", json_number(mean.percent, kFigureDecimals)},
          {"last", json_value(*pair.a, last.difference)},
          {"last_percent", json_number(last.percent, kFigureDecimals)}};
}

std::vector<MetricPair> pairs_in_both(std::span<const LoggedRunReport> reports,
                                      const MetricSelection& selection) {
  if (reports.size() < 2) {
    return {};
  }
  auto pairs = metric_pairs(reports[0].run, reports[1].run);
  std::erase_if(pairs, [&](const MetricPair& pair) {
    return pair.a == nullptr || pair.b == nullptr || !selection.has(*pair.a);
  });
  return pairs;
}

Json record(const char* kind, const std::string& run, const LoggedMetric& metric) {
  return {{"kind", kind},
          {"run", run},
          {"name", json_text(metric.name)},
          {"unit", json_unit(metric)},
          {"begin", nullptr},
          {"values", nullptr},
          {"not_numbers", nullptr},
          {"min", nullptr},
          {"mean", nullptr},
          {"max", nullptr},
          {"last", nullptr}};
}

void add_records(const LoggedRunReport& report, const MetricSelection& selection,
                 std::size_t most_columns, Json& records) {
  const LoggedRun& run = report.run;
  const LoggedColumns columns = columns_of(run, most_columns);
  for (const LoggedMetric& metric : run.metrics()) {
    if (!selection.has(metric)) {
      continue;
    }
    Json whole = record("metric", run_name(report), metric);
    whole["begin"] = json_moment(run.begin());
    whole.update(json_figures(run, metric));
    records.push_back(std::move(whole));
    const auto means = means_in(columns, metric.series, run.steps());
    for (std::size_t at = 0; at < means.size(); ++at) {
      Json bucket = record("bucket", run_name(report), metric);
      bucket["begin"] = json_moment(columns.begins[at]);
      bucket["mean"] = json_value(metric, means[at]);
      records.push_back(std::move(bucket));
    }
  }
}

}  // namespace

Json logged_runs_json(std::span<const LoggedRunReport> reports, const MetricSelection& selection,
                      WallTime now, std::size_t columns) {
  Json json{{"schema", kJsonSchema},
            {"command", "run"},
            {"made_at", json_time(now)},
            {"runs", Json::array()},
            {"differences", Json::array()}};
  for (const LoggedRunReport& report : reports) {
    json["runs"].push_back(json_run(report, selection, columns));
  }
  for (const MetricPair& pair : pairs_in_both(reports, selection)) {
    json["differences"].push_back(json_difference(pair, reports[0].run, reports[1].run));
  }
  return json;
}

Json logged_run_records(std::span<const LoggedRunReport> reports, const MetricSelection& selection,
                        std::size_t columns) {
  Json records = Json::array();
  for (const LoggedRunReport& report : reports) {
    add_records(report, selection, columns, records);
  }
  for (const MetricPair& pair : pairs_in_both(reports, selection)) {
    const Json difference = json_difference(pair, reports[0].run, reports[1].run);
    Json row = record("difference", run_name(reports[1]) + " - " + run_name(reports[0]), *pair.a);
    row["mean"] = difference["mean"];
    row["last"] = difference["last"];
    records.push_back(std::move(row));
  }
  return records;
}

}  // namespace wemol::report
