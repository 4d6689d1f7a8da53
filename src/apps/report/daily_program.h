#pragma once

#include "daily_options.h"

namespace wemol::report::daily {

/// Fetches, writes the files, tells of it on standard output and of what is missing on standard
/// error. Returns the exit status.
[[nodiscard]] int run_daily(const DailyOptions& options, WallTime now);

/// Of the whole command line, `daily` included.
[[nodiscard]] int daily_main(int argc, const char* const* argv, WallTime now);

}  // namespace wemol::report::daily
