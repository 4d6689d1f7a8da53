#pragma once

#include <string>

#include "daily_report.h"
#include "titles.h"

namespace wemol::report::daily {

/// The report as one page of HTML with plots. It loads nothing, has no script, and its policy (CSP)
/// forbids both; the style sheet is allowed by its hash.
[[nodiscard]] std::string daily_page(const DailyReport& report, const Zone& zone,
                                     std::int64_t piece_seconds);

/// The style sheet and what the policy says of it: "sha256-…".
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_style_hash();

}  // namespace wemol::report::daily
