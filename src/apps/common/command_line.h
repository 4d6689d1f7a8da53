#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace wemol {

/// The program is to end before it has begun: help was asked for, or an option is wrong.
struct EarlyExit {
  int status = 0;
  /// For standard output when the status is 0. Else one line for standard error, without its end.
  std::string text;
};

inline constexpr int kUsageError = 2;

/// Options as rows: name, what the value is called, default, what it means, what it takes. Each has
/// an environment variable: with the prefix "WEMOL_RECORDER_", --log-level has
/// WEMOL_RECORDER_LOG_LEVEL.
class OptionTable {
 public:
  using Accept = std::function<bool(const std::string&)>;

  OptionTable(CLI::App& app, std::string environment_prefix)
      : app_(app), prefix_(std::move(environment_prefix)) {}

  /// `accept` stores the value and returns true, or returns false when it takes no such value.
  void add(const std::string& name, const std::string& value_name, const std::string& default_text,
           const std::string& meaning, const std::string& takes, const Accept& accept);
  /// A switch: without a value on the command line, true or false elsewhere.
  void add_switch(const std::string& name, const std::string& meaning, bool& target);

  [[nodiscard]] static std::string environment_name(const std::string& prefix, std::string name);

 private:
  CLI::App& app_;
  std::string prefix_;
};

/// Stores what `parse` makes of the text into `target`.
template <typename Parse, typename Target>
OptionTable::Accept storing(Parse parse, Target& target) {
  return [parse, &target](const std::string& text) {
    const auto value = parse(text);
    if (value) {
      target = *value;
    }
    return value.has_value();
  };
}

/// From 0.1 to 86400, fractions allowed.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_seconds(const std::string& text);
[[nodiscard]] std::optional<std::filesystem::path> parse_path(const std::string& text);

/// What each program has: --check, --version, --config (also by its variable), and for the
/// documentation --help-markdown.
void add_common_options(CLI::App& app, const std::string& environment_prefix,
                        const std::string& version, bool& check);

/// Whether the option's variable has a value; CLI11 takes no notice of an empty one.
[[nodiscard]] bool has_environment_value(const CLI::Option& option);

/// Reads command line, environment and settings file. Nothing: all is well.
[[nodiscard]] std::optional<EarlyExit> parse_command_line(CLI::App& app, int argc,
                                                          const char* const* argv);

}  // namespace wemol
