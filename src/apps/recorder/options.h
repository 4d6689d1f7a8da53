#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

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

/// Lets CLI11 read its config file as true TOML: one key per option, named like it. An unknown key
/// is an error that names it and its line. Keys whose option the environment sets are left out,
/// since CLI11 itself would let the file win.
class TomlConfig : public CLI::Config {
 public:
  using IsSet = std::function<bool(const CLI::Option&)>;

  TomlConfig(const CLI::App& app, IsSet is_set_in_environment)
      : app_(app), is_set_in_environment_(std::move(is_set_in_environment)) {}

  [[nodiscard]] std::string to_config(const CLI::App* app, bool default_also,
                                      bool write_description, std::string prefix) const override;
  [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
  IsSet is_set_in_environment_;
};

}  // namespace wemol
