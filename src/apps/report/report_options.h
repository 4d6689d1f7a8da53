#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "card_holder_reader.h"
#include "recommendation.h"
#include "run_selection.h"

namespace wemol::report {

enum class Command { modules, recommend, task, run, queue };
enum class Format { table, csv, json, markdown };
enum class ColorChoice { automatic, always, never };

/// What the report is told to do, checked and complete.
struct ReportOptions {
  Command command = Command::modules;
  std::filesystem::path folder = "module_resource";
  std::string task_id;                               ///< of the command task
  std::vector<std::filesystem::path> run_files;      ///< of the command run: one or two
  std::vector<std::filesystem::path> state_folders;  ///< of the command queue: one or more
  std::filesystem::path queue_lock_folder = kQueueLockFolder;  ///< of the command queue
  std::vector<std::string> metrics;  ///< of the command run: parts of names; none: all
  TimeWindow window;
  std::vector<std::string> modules;  ///< patterns; none: all
  Format format = Format::table;
  bool samples_only = false;
  ColorChoice color = ColorChoice::automatic;
  bool pager = true;
  unsigned threads = 0;  ///< 0: one per CPU
  double gpu_hour_cores = 16;
  RequestRules rules;
};

/// The program is to end before it has begun: help was asked for, or an option is wrong.
struct EarlyEnd {
  int status = 0;
  /// For standard output when the status is 0. Else one line for standard error, without its end.
  std::string text;
};

/// `now` is what ages count back from.
[[nodiscard]] tl::expected<ReportOptions, EarlyEnd> parse_report_options(int argc,
                                                                         const char* const* argv,
                                                                         WallTime now);

}  // namespace wemol::report
