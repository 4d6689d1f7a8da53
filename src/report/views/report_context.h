#pragma once

#include <filesystem>

#include "recorded_runs.h"
#include "run_selection.h"

namespace wemol::report {

/// What a report is about, whatever its command.
struct ReportContext {
  std::filesystem::path folder;
  WallClockTime now;
  bool samples_only = false;
  TimeWindow window;
  reading::ReadingReport reading;
};

}  // namespace wemol::report
