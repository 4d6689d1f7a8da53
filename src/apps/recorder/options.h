#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <tl/expected.hpp>

#include "command_line.h"
#include "device_settings.h"
#include "log.h"
#include "row_files.h"

namespace wemol {

/// `automatic` is decided at the start: choose_source().
enum class SourceKind { docker_cli, native, automatic };

/// As --source takes it.
[[nodiscard]] const char* name_of(SourceKind source);

/// What the recorder is told to do, checked and complete.
struct Options {
  std::chrono::nanoseconds interval = std::chrono::seconds(5);
  LogLevel log_level = LogLevel::info;
  std::filesystem::path output_dir = "module_resource";
  std::filesystem::path log_file = "wemol_resource_monitor.log";  ///< empty: no log file
  std::filesystem::path task_root = "/data/PRG/RCall";
  std::string container_prefix = "wemol_rc_task";
  SourceKind source = SourceKind::docker_cli;
  /// For the sources native and auto: from DOCKER_HOST, or the usual path.
  std::string engine_socket;
  /// For auto: why the environment names no engine that native could ask; empty when it does.
  std::string why_no_engine_socket;
  std::uint64_t rounds = 0;  ///< 0: until stopped
  std::chrono::nanoseconds command_timeout = std::chrono::seconds(10);
  std::filesystem::path config_file;  ///< empty: none
  SyncLevel sync = SyncLevel::started;
  std::filesystem::path publish;         ///< the socket for subscribers; empty: none
  DeviceHistorySettings device_history;  ///< an empty folder: none is kept
  bool check = false;
};

/// Reads flags, environment (WEMOL_RECORDER_INTERVAL, …) and the TOML file of --config. A flag
/// beats the environment, which beats the file, which beats the default.
[[nodiscard]] tl::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv);

}  // namespace wemol
