#pragma once

#include <string>
#include <vector>

#include "json_parts.h"
#include "module_figures.h"

namespace wemol::report {

/// Marks GPU memory that is the whole device's.
inline constexpr const char* kWholeDeviceMark = "*";

/// What has to be known of the runs to judge the figures: how many there are and of when, what is
/// estimated, what does not count. A paragraph each.
[[nodiscard]] std::vector<std::string> run_notes(const ModuleFigures& figures,
                                                 const ReportContext& context);

/// What was taken otherwise than it stands in the files: rows that two files have, and files that a
/// spreadsheet has saved.
[[nodiscard]] std::vector<std::string> reading_notes(const ReportContext& context);

}  // namespace wemol::report
