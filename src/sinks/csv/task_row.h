#pragma once

#include <string>

#include <wemol/snapshot.h>

namespace wemol {

/// The header of a task's CSV: the names of the 22 columns, with its line end.
[[nodiscard]] const std::string& task_csv_header();

/// One sample as a row of a task's CSV, with its line end.
[[nodiscard]] std::string task_csv_row(const TaskSample& sample, const std::string& timestamp);

}  // namespace wemol
