#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace wemol::faults {

/// What one fault has done to the recording. Absent: the fault has no such figure.
struct FaultFigures {
  std::optional<std::size_t> rows_expected;
  std::optional<std::size_t> rows_written;
  std::optional<std::size_t> torn_rows;    ///< that do not parse, or have no line end
  std::optional<std::size_t> late_rounds;  ///< skipped, or begun too long after their time
  /// From the end of the fault until rows are right again.
  std::optional<std::chrono::milliseconds> recovery;
  std::string note;  ///< what else was measured, with its figures
};

/// Prints the fault's one line, and adds it to the file that WEMOL_FAULTS_REPORT names.
void report_fault(const std::string& fault, const FaultFigures& figures);

/// Whether the whole list is wanted (WEMOL_FAULTS=full) rather than the short form of it.
[[nodiscard]] bool is_full_run();

}  // namespace wemol::faults
