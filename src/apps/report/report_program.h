#pragma once

#include "report_options.h"

namespace wemol::report {

/// Reads, and writes to standard output and standard error. Returns the exit status.
[[nodiscard]] int run_report(const ReportOptions& options, WallTime now);

}  // namespace wemol::report
