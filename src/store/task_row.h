#pragma once

#include <string>

#include <wemol/facts.h>
#include <wemol/snapshot.h>

namespace wemol {

/// The readings as `docker stats` prints them: as they were printed where they came as text, else
/// made from the numbers by docker's own formulas (docker/cli formatter/stats.go with
/// docker/go-units size.go): memory in powers of 1024 with four digits, I/O in powers of 1000 with
/// three, percentages with two decimals. A value that is absent is "--".
[[nodiscard]] PrintedStats docker_text(const ContainerStats& stats);

/// One sample as a row of a task's CSV, with its line end.
[[nodiscard]] std::string task_csv_row(const TaskSample& sample, const std::string& timestamp);

}  // namespace wemol
