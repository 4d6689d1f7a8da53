#pragma once

#include "report_text.h"

namespace wemol::report {

/// `wemol-report queue`: as report_text().
[[nodiscard]] Result<ReportText> queue_report(const ReportOptions& options, WallTime now,
                                              const Screen& screen,
                                              const reading::Progress& progress);

}  // namespace wemol::report
