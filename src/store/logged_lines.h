#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "recorded_runs.h"

namespace wemol::reading {

/// One number of a line.
struct LoggedFigure {
  std::string name;
  /// Absent where the line has null under that name: the caller's NaN, or nothing.
  std::optional<double> value;
};

/// A line of the file that the monitoring library writes for a run: one JSON object with `_step`,
/// `_timestamp` (seconds since 1970) and flat keys, the caller's and those of host_schema.h.
///
/// Texts, flags and what lies deeper are passed over. Of a name that is there twice the last value
/// counts.
class LoggedLine {
 public:
  /// False when it is no such line; `trouble()` then says why. What was read before is gone.
  [[nodiscard]] bool parse(std::string_view text);

  [[nodiscard]] double timestamp() const { return timestamp_; }
  [[nodiscard]] const std::optional<std::int64_t>& step() const { return step_; }
  [[nodiscard]] std::span<const LoggedFigure> figures() const {
    return std::span(figures_).first(count_);
  }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  friend class LoggedLineReader;

  double timestamp_ = 0;
  std::optional<std::int64_t> step_;
  std::vector<LoggedFigure> figures_;  ///< more than `count_`: they keep their memory
  std::size_t count_ = 0;
  std::string trouble_;
};

/// What was read of a run's file besides its good lines.
struct LoggedReading {
  std::uint64_t lines = 0;  ///< good ones
  /// The last line has no end and is no whole line: its writer was cut off, or still writes.
  bool has_torn_end = false;
  ReadingReport report;  ///< bad lines, bytes
};

/// Hands each good line to `take`, in the file's order. Memory does not depend on the file. Fails
/// when the file cannot be opened.
[[nodiscard]] Result<LoggedReading> read_logged_lines(
    const std::filesystem::path& file, const std::function<void(const LoggedLine&)>& take,
    const Progress& progress);

}  // namespace wemol::reading
