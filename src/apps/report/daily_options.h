#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "fetch_days.h"
#include "report_options.h"
#include "titles.h"

namespace wemol::report::daily {

enum class DailyFormat { table, csv, json, html };

/// What `wemol-report daily` is told to do.
struct DailyOptions {
  std::filesystem::path config = "/etc/wemol-recorder/wemol-daily.toml";
  std::filesystem::path data_dir = "data";
  std::string date;  ///< "2025-08-01", "today", "yesterday"; empty: today
  std::string from;  ///< of --range; empty: only the date
  std::string to;
  std::vector<std::string> nodes;  ///< none: all
  std::string user;                ///< empty: all
  DailyFormat format = DailyFormat::table;
  Titles titles = Titles::chinese;
  unsigned jobs = kUsualJobs;
  bool user_report = false;
  bool skip_task_info = false;
  bool compare = false;
  bool null_as_zero = false;
  bool stored = false;
};

/// Of the arguments behind `daily`; `argv[0]` is the program's name.
[[nodiscard]] tl::expected<DailyOptions, EarlyEnd> parse_daily_options(int argc,
                                                                       const char* const* argv);

}  // namespace wemol::report::daily
