#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "files.h"
#include "time_points.h"

namespace wemol::sdk {

/// A file of lines, each written at once to its end (O_APPEND): a crash tears at most the last one,
/// and several processes may write, each with a shared flock() on it. The file and its folder are
/// made with the first line. What was torn before begins no line of ours; what a full disk tears is
/// taken back.
///
/// No thread safety of its own.
class RunFile {
 public:
  explicit RunFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// `line` ends with a line end. False: nothing of it is in the file, and last_error() says why.
  /// A file that cannot be opened is tried again a second later at the earliest.
  [[nodiscard]] bool append(std::string_view line, SteadyTime now);
  void close() { fd_.reset(); }

  /// The step of the last whole line that was there when the file was opened.
  [[nodiscard]] std::optional<std::int64_t> last_step() const { return last_step_; }
  /// Opens it if it is not: then last_step() is known before the first line.
  bool open(SteadyTime now);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  bool open_now();
  /// Whether somebody has removed or replaced the file.
  [[nodiscard]] bool is_gone() const;
  /// Whether a crash has left half a line. Takes the lock of those who write.
  [[nodiscard]] bool ends_torn() const;
  void read_end();
  [[nodiscard]] bool take_back(std::size_t bytes);
  bool fail(std::string_view what, int error);

  std::filesystem::path path_;
  UniqueFd fd_;
  bool ends_in_torn_line_ = false;
  std::optional<SteadyTime> opened_at_;  ///< or tried to
  std::optional<std::int64_t> last_step_;
  std::string last_error_;
};

/// The `_step` with which a line of ours begins; also with what is cut off behind it.
[[nodiscard]] std::optional<std::int64_t> step_of_line(std::string_view line);

}  // namespace wemol::sdk
