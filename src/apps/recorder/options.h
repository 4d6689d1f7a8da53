#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <tl/expected.hpp>

#include "log.h"
#include "sync_level.h"

namespace wemol {

enum class SourceKind { docker_cli, native };

/// What the recorder is told to do, checked and complete.
struct Options {
  std::chrono::nanoseconds interval = std::chrono::seconds(5);
  LogLevel log_level = LogLevel::info;
  std::filesystem::path output_dir = "module_resource";
  std::filesystem::path log_file = "wemol_resource_monitor.log";  ///< empty: no log file
  std::filesystem::path task_root = "/data/PRG/RCall";
  std::string container_prefix = "wemol_rc_task";
  SourceKind source = SourceKind::docker_cli;
  std::string engine_socket;  ///< for the native source: from DOCKER_HOST, or the usual path
  std::uint64_t rounds = 0;   ///< 0: until stopped
  std::chrono::nanoseconds command_timeout = std::chrono::seconds(10);
  std::filesystem::path config_file;  ///< empty: none
  SyncLevel sync = SyncLevel::started;
  std::filesystem::path publish;  ///< the socket for subscribers; empty: none
  bool check = false;
};

/// The program is to end before it has begun: help was asked for, or an option is wrong.
struct EarlyExit {
  int status = 0;
  /// For standard output when the status is 0. Else one line for standard error, without its end.
  std::string text;
};

/// Reads flags, environment (WEMOL_RECORDER_INTERVAL, …) and the TOML file of --config. A flag
/// beats the environment, which beats the file, which beats the default.
[[nodiscard]] tl::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv);

}  // namespace wemol
