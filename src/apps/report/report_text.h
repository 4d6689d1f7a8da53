#pragma once

#include <cstddef>
#include <string>

#include <wemol/result.h>

#include "recorded_runs.h"
#include "report_options.h"

namespace wemol::report {

/// What a report is made for, besides its options.
struct Screen {
  std::size_t width = 80;
  bool color = false;
};

struct ReportText {
  std::string text;
  reading::ReadingReport reading;
};

/// Reads what the recorder has written and says what the options ask for, in their format. Fails
/// when the folder cannot be read, or nothing in it is of the task or the module that is asked for.
[[nodiscard]] Result<ReportText> report_text(const ReportOptions& options, WallTime now,
                                             const Screen& screen,
                                             const reading::Progress& progress);

/// A line for each bad line that is named, and one for the rest.
[[nodiscard]] std::vector<std::string> bad_line_texts(const reading::ReadingReport& reading);

}  // namespace wemol::report
