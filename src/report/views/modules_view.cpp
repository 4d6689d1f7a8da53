#include "modules_view.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "figure_text.h"
#include "json_parts.h"
#include "run_notes.h"

namespace wemol::report {
namespace {

using Group = std::pair<const GroupKey, GroupFigures>;
using FigureText = std::string (*)(const std::optional<double>&);
using Cells = std::vector<Cell>;

constexpr double kSecondsPerHour = 3600;
constexpr int kCoresDecimals = 3;
constexpr int kSecondsDecimals = 3;
constexpr int kEnergyDecimals = 3;
constexpr int kHoursDecimals = 4;

/// What costs most comes first; what nobody knows the cost of comes last.
std::vector<const Group*> by_cost(const ModuleFigures& figures, double gpu_hour_cores) {
  std::vector<const Group*> groups;
  for (const Group& group : figures.groups()) {
    groups.push_back(&group);
  }
  std::ranges::stable_sort(groups, [&](const Group* one, const Group* other) {
    return one->second.cost_core_hours(gpu_hour_cores) >
           other->second.cost_core_hours(gpu_hour_cores);
  });
  return groups;
}

std::vector<Column> with_names(std::vector<Column> columns) {
  columns.insert(columns.begin(), {{"module", Align::left}, {"GPU", Align::left}});
  return columns;
}

void add_spread_columns(const std::string& name, std::vector<Column>& columns) {
  for (const char* const title : {"p50", "p95", "max"}) {
    columns.push_back({title, Align::right, name});
  }
}

Cells name_cells(const GroupKey& key) {
  return {module_text(key), gpu_text(key)};
}

void add_spread(const Distribution& figure, FigureText text, std::string_view mark, Cells& cells) {
  for (const auto& value : {figure.quantile(50), figure.quantile(95), figure.max()}) {
    cells.emplace_back(text(value) + std::string(value ? mark : ""));
  }
}

/// How many of those whose end is known; nothing known is a dash.
Cell trouble_cell(std::uint64_t count, std::uint64_t known) {
  if (known == 0) {
    return std::string(kNotKnown);
  }
  return {fmt::format("{}", count), count > 0 ? Tone::warning : Tone::plain};
}

Section runs_section(const std::vector<const Group*>& groups, double gpu_hour_cores) {
  Table table{.columns = with_names({{"runs"}, {"failed"}, {"OOM"}}), .rows = {}};
  add_spread_columns("run time", table.columns);
  table.columns.push_back({"energy"});
  table.columns.push_back({"core-h", Align::right, "cost"});
  for (const Group* const group : groups) {
    const GroupFigures& figures = group->second;
    Cells cells = name_cells(group->first);
    cells.emplace_back(fmt::format("{}", figures.runs));
    cells.push_back(trouble_cell(figures.failed, figures.exit_code_known));
    cells.push_back(trouble_cell(figures.oom_killed, figures.oom_known));
    add_spread(figures.run_time_seconds, duration_text, "", cells);
    cells.emplace_back(energy_text(figures.energy_wh.total()));
    cells.emplace_back(amount_text(figures.cost_core_hours(gpu_hour_cores)));
    table.rows.push_back(std::move(cells));
  }
  return {.title = "Runs, the most costly modules first", .table = std::move(table)};
}

Section cores_and_memory_section(const std::vector<const Group*>& groups) {
  Table table{.columns = with_names({}), .rows = {}};
  add_spread_columns("cores (mean of a run)", table.columns);
  add_spread_columns("memory peak", table.columns);
  for (const Group* const group : groups) {
    Cells cells = name_cells(group->first);
    add_spread(group->second.cpu_cores_mean, amount_text, "", cells);
    add_spread(group->second.memory_peak_bytes, bytes_text, "", cells);
    table.rows.push_back(std::move(cells));
  }
  return {.title = "Cores and memory", .table = std::move(table)};
}

Section gpu_section(const std::vector<const Group*>& groups) {
  Table table{.columns = with_names({}), .rows = {}};
  add_spread_columns("GPU memory peak", table.columns);
  table.columns.push_back({"mean", Align::right, "utilization"});
  for (const Group* const group : groups) {
    const GroupFigures& figures = group->second;
    Cells cells = name_cells(group->first);
    add_spread(figures.gpu_memory_peak_mib, mebibytes_text,
               figures.gpu_memory_of_whole_device > 0 ? kWholeDeviceMark : "", cells);
    cells.emplace_back(percent_text(figures.gpu_utilization_mean_percent.mean()));
    table.rows.push_back(std::move(cells));
  }
  return {.title = "GPUs", .table = std::move(table)};
}

Json json_module(const Group& group, double gpu_hour_cores) {
  const auto& [key, figures] = group;
  const auto known = [](std::uint64_t count, std::uint64_t of) {
    return json_count(of > 0 ? std::optional(count) : std::nullopt);
  };
  const auto hours = [](const KnownSum& seconds) {
    const auto total = seconds.total();
    return json_number(total ? std::optional(*total / kSecondsPerHour) : std::nullopt,
                       kHoursDecimals);
  };
  return {
      {"module_name", json_text(key.module_name)},
      {"gpu_models", json_models(key)},
      {"runs", figures.runs},
      {"from_samples", figures.from_samples},
      {"may_still_run", figures.may_still_run},
      {"exit_code_known", figures.exit_code_known},
      {"failed", known(figures.failed, figures.exit_code_known)},
      {"oom_known", figures.oom_known},
      {"oom_killed", known(figures.oom_killed, figures.oom_known)},
      {"run_time_seconds", json_spread(figures.run_time_seconds, kSecondsDecimals)},
      {"cpu_cores_mean", json_spread(figures.cpu_cores_mean, kCoresDecimals)},
      {"memory_peak_bytes", json_spread(figures.memory_peak_bytes, 0)},
      {"gpu_memory_peak_mib", json_spread(figures.gpu_memory_peak_mib, 1)},
      {"gpu_memory_of_whole_device", figures.gpu_memory_of_whole_device},
      {"gpu_utilization_percent_mean", json_number(figures.gpu_utilization_mean_percent.mean(), 2)},
      {"energy_wh", json_number(figures.energy_wh.total(), kEnergyDecimals)},
      {"energy_known", figures.energy_wh.known},
      {"cpu_hours", hours(figures.cpu_seconds)},
      {"gpu_hours", hours(figures.gpu_seconds)},
      {"cost_core_hours", json_number(figures.cost_core_hours(gpu_hour_cores), kHoursDecimals)}};
}

}  // namespace

Document modules_document(const ModuleFigures& figures, const ReportContext& context,
                          double gpu_hour_cores) {
  Document document{.sections = {}, .notes = run_notes(figures, context)};
  std::vector<const Group*> groups = by_cost(figures, gpu_hour_cores);
  if (groups.empty()) {
    return document;
  }
  document.sections = {runs_section(groups, gpu_hour_cores), cores_and_memory_section(groups)};
  std::erase_if(groups, [](const Group* group) { return uses_no_gpu(group->first); });
  if (!groups.empty()) {
    document.sections.push_back(gpu_section(groups));
  }
  document.notes.push_back(
      fmt::format("Cost: core-hours used, and GPU-hours held at {:g} core-hours each "
                  "(--gpu-hour-cores). Failed: exit code other than 0, OOM kills among them.",
                  gpu_hour_cores));
  return document;
}

Json modules_json(const ModuleFigures& figures, const ReportContext& context,
                  double gpu_hour_cores) {
  Json report = json_head("modules", context);
  report["runs"] = json_runs(figures);
  report["gpu_hour_cores"] = gpu_hour_cores;
  report["modules"] = Json::array();
  for (const Group* const group : by_cost(figures, gpu_hour_cores)) {
    report["modules"].push_back(json_module(*group, gpu_hour_cores));
  }
  return report;
}

}  // namespace wemol::report
