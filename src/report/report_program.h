#pragma once

#include "report_options.h"

namespace wemol::report {

/// Reads, and writes to standard output and standard error. Returns the exit status.
[[nodiscard]] int run_report(const ReportOptions& options, WallClockTime now);

}  // namespace wemol::report
