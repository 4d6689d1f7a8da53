#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "document.h"
#include "json_parts.h"
#include "recorded_runs.h"
#include "task_series.h"

namespace wemol::report {

/// One run of a task with what was read over time.
struct RunOverTime {
  reading::RecordedRun run;
  TaskSeries series;
};

struct TaskReport {
  std::string task_id;
  std::vector<std::filesystem::path> csv_files;
  std::vector<RunOverTime> runs;  ///< in the order of time
};

/// The run that a row of the task's CSV belongs to: the last one of that container that had begun
/// by then. Nullptr when the container is in none.
[[nodiscard]] RunOverTime* run_of_row(TaskReport& task, std::string_view container,
                                      WallTime read_at);

/// How many bars a plot has on a screen of that width.
[[nodiscard]] std::size_t plot_columns(std::size_t screen_width);

/// `wemol-report task`.
[[nodiscard]] Document task_document(const TaskReport& task, const ReportContext& context,
                                     std::size_t columns);
/// The same with plain numbers, the series in `columns` buckets at most.
[[nodiscard]] nlohmann::ordered_json task_json(const TaskReport& task, const ReportContext& context,
                                               std::size_t columns);
/// A list of flat objects for CSV: each run (kind "run") and behind it its series (kind "bucket").
[[nodiscard]] nlohmann::ordered_json task_records(const TaskReport& task, std::size_t columns);

}  // namespace wemol::report
