#include <algorithm>
#include <array>
#include <variant>

#include <nlohmann/json.hpp>

#include "json_parts.h"
#include "ledger_schema.h"
#include "task_view.h"

namespace wemol::report {
namespace {

constexpr int kDecimals = 3;

struct NamedSeries {
  SeriesFigure figure;
  const char* name;
  int decimals;
};

constexpr std::array<NamedSeries, kSeriesFigureCount> kSeries{{
    {kSeriesCores, "cpu_cores", kDecimals},
    {kSeriesMemoryBytes, "memory_bytes", 0},
    {kSeriesGpuUtilizationPercent, "gpu_device_utilization_percent", kDecimals},
    {kSeriesGpuMemoryMib, "gpu_device_memory_mib", 1},
    {kSeriesGpuPowerWatts, "gpu_device_power_watts", kDecimals},
}};

using Figures = std::array<std::optional<double>, kSeriesFigureCount>;

void add_figures(const Figures& mean, const Figures& max, Json& json) {
  for (const auto& [figure, name, decimals] : kSeries) {
    json[std::string(name) + "_mean"] = json_number(mean[figure], decimals);
    json[std::string(name) + "_max"] = json_number(max[figure], decimals);
  }
}

Json json_exit_code(const std::optional<std::int64_t>& exit_code) {
  return exit_code ? Json(*exit_code) : Json();
}

Json json_flag(const std::optional<bool>& flag) {
  return flag ? Json(*flag) : Json();
}

Json json_identity(const RunOverTime& run) {
  const RunSummary& summary = run.run.summary;
  return {{"task_id", json_text(summary.task_id)},
          {"job_id", json_text(summary.job_id)},
          {"module_name", json_text(summary.module_name)},
          {"container", json_text(summary.container)}};
}

/// A value of a run as JSON has it.
struct JsonValue {
  const LedgerField& field;

  Json operator()(const std::string& text) const { return json_text(text); }
  Json operator()(const std::optional<WallTime>& time) const { return json_time(time); }
  Json operator()(const std::optional<bool>& flag) const { return json_flag(flag); }
  Json operator()(const std::optional<double>& number) const {
    return json_number(number, std::min(field.decimals, kDecimals));
  }
  Json operator()(std::uint64_t count) const { return count; }
  Json operator()(const std::optional<std::uint64_t>& count) const { return json_count(count); }
  Json operator()(const std::optional<std::int64_t>& code) const { return json_exit_code(code); }
};

/// The columns of the ledger by their names, and what is known besides.
Json json_summary(const RunOverTime& run, WallTime now) {
  const RunSummary& summary = run.run.summary;
  Json json = json_identity(run);
  json["basis"] = run.run.basis == reading::Basis::ledger ? "ledger" : "samples";
  json["may_still_run"] = may_still_run(run.run, now);
  for (const LedgerField& field : ledger_fields()) {
    json[std::string(field.name)] =
        std::visit([&](auto member) { return JsonValue{field}(summary.*member); }, field.member);
  }
  return json;
}

std::vector<SeriesBucket> buckets_of(const RunOverTime& run, std::size_t columns) {
  const RunSummary& summary = run.run.summary;
  return run.series.buckets(std::min(columns, run.series.samples()), summary.started_at,
                            summary.ended_at);
}

Json json_bucket(const SeriesBucket& bucket) {
  Json json{{"begin", json_time(bucket.begin)}, {"samples", bucket.samples}};
  add_figures(bucket.mean, bucket.max, json);
  return json;
}

/// Of a whole run as far as the columns of its buckets go.
Json run_record(const RunOverTime& run) {
  const RunSummary& summary = run.run.summary;
  Json record{{"kind", "run"}};
  record.update(json_identity(run));
  record["begin"] = json_time(summary.started_at);
  record["samples"] = summary.samples;
  Figures mean;
  Figures max;
  mean[kSeriesCores] = summary.cpu_cores_mean;
  max[kSeriesCores] = summary.cpu_cores_max;
  mean[kSeriesMemoryBytes] = summary.memory_mean_bytes;
  if (summary.memory_peak_bytes) {
    max[kSeriesMemoryBytes] = static_cast<double>(*summary.memory_peak_bytes);
  }
  mean[kSeriesGpuUtilizationPercent] = summary.gpu_utilization_mean;
  max[kSeriesGpuUtilizationPercent] = summary.gpu_utilization_max;
  max[kSeriesGpuMemoryMib] = summary.gpu_device_memory_peak_mib;
  add_figures(mean, max, record);
  record["duration_seconds"] = json_number(summary.duration_seconds, kDecimals);
  record["exit_code"] = json_exit_code(summary.exit_code);
  record["oom_killed"] = json_flag(summary.oom_killed);
  record["energy_wh"] = json_number(summary.energy_wh, kDecimals);
  return record;
}

Json bucket_record(const RunOverTime& run, const SeriesBucket& bucket) {
  Json record{{"kind", "bucket"}};
  record.update(json_identity(run));
  record.update(json_bucket(bucket));
  for (const char* const of_runs_only :
       {"duration_seconds", "exit_code", "oom_killed", "energy_wh"}) {
    record[of_runs_only] = nullptr;
  }
  return record;
}

}  // namespace

Json task_json(const TaskReport& task, const ReportContext& context, std::size_t columns) {
  Json report = json_head("task", context);
  report["task_id"] = json_text(task.task_id);
  report["csv_files"] = Json::array();
  for (const auto& file : task.csv_files) {
    report["csv_files"].push_back(json_text(file.string()));
  }
  report["runs"] = Json::array();
  for (const RunOverTime& run : task.runs) {
    Json json = json_summary(run, context.now);
    json["series"] = Json::array();
    for (const SeriesBucket& bucket : buckets_of(run, columns)) {
      json["series"].push_back(json_bucket(bucket));
    }
    report["runs"].push_back(std::move(json));
  }
  return report;
}

Json task_records(const TaskReport& task, std::size_t columns) {
  Json records = Json::array();
  for (const RunOverTime& run : task.runs) {
    records.push_back(run_record(run));
    for (const SeriesBucket& bucket : buckets_of(run, columns)) {
      records.push_back(bucket_record(run, bucket));
    }
  }
  return records;
}

}  // namespace wemol::report
