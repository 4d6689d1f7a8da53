#pragma once

#include "report_text.h"

namespace wemol::report {

/// The command run. Fails when a file cannot be read or has not one good line, or when no metric
/// has a name that is asked for.
[[nodiscard]] Result<ReportText> logged_report(const ReportOptions& options, WallTime now,
                                               const Screen& screen,
                                               const reading::Progress& progress);

}  // namespace wemol::report
