#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::e2e {

using Arguments = std::vector<std::string>;
/// Added to the environment of the tests; no value takes a variable out of it.
using Environment = std::map<std::string, std::optional<std::string>>;

/// `limit` as it is meant on a machine of its own: longer in a build with sanitizers, and by the
/// factor in WEMOL_TESTS_TIME_FACTOR on a machine that has much else to do.
[[nodiscard]] std::chrono::milliseconds scaled(std::chrono::milliseconds limit);

/// Asks again and again until `holds` or the (scaled) limit is over. Returns whether it holds.
bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds limit = std::chrono::seconds(60));

[[nodiscard]] std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, std::string_view text);

/// The program of that name on the PATH of the tests; empty when there is none.
[[nodiscard]] std::filesystem::path find_program(const std::string& name);

/// Whether a process lives. One that has ended and waits to be reaped does not.
[[nodiscard]] bool is_alive(pid_t pid);

/// A child process of the tests. It does not outlive the object, nor the test program.
class Process {
 public:
  struct Setting {
    Environment environment;
    std::filesystem::path working_dir;      ///< empty: that of the tests
    std::filesystem::path standard_output;  ///< a file
    std::filesystem::path standard_error;   ///< a file; may be the same
    int signal_at_end = SIGKILL;            ///< sent when the test program dies
  };

  Process(const Arguments& argv, const Setting& setting);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void send(int signal) const;
  /// The exit status, or minus the signal that ended it; nothing when it runs on after the
  /// (scaled) limit.
  std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct CommandResult {
  int status = -1;
  std::string output;
  std::string error_output;
};

/// Runs a command to its end.
CommandResult run_command(const Arguments& argv, const Environment& environment = {});

/// A folder of its own below the temporary folder, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace wemol::e2e
