#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "time_points.h"

namespace wemol {

/// "2026-01-15T10:30:00.123+08:00": ISO 8601, to the millisecond, with the offset of the local
/// time.
[[nodiscard]] std::string iso_time_text(WallTime time);

/// Reads what iso_time_text writes; the fraction may have any number of digits or be missing, and
/// the offset may be "Z". Nothing when it is anything else, or no year from 1969 to 2199.
[[nodiscard]] std::optional<WallTime> parse_iso_time(std::string_view text);

/// Local time as "2025-06-04 09:44:28". The rows of one round have the same few seconds, so the
/// last one is kept; a change of the system's time zone is noticed with the next second.
class LocalTimeText {
 public:
  [[nodiscard]] const std::string& of(std::chrono::system_clock::time_point time);

 private:
  std::optional<std::time_t> seconds_;
  std::string text_;
};

}  // namespace wemol

namespace wemol::reading {

/// Reads the local times of rows, "2025-06-04 09:44:28", in the order of the rows. Those that a
/// spreadsheet has made of them are read where only one time can be meant: "2025/6/4 9:44".
///
/// The hour that a change from summer time repeats is told apart by the time before: the one that
/// is not earlier. The system's time zone is asked once for a day, since asking takes long.
class LocalTimeReader {
 public:
  /// Nothing when it is no such time, or of no year from 1970 to 2199.
  [[nodiscard]] std::optional<WallTime> parse(std::string_view text);
  /// The next one belongs to another file, and may be any time.
  void begin_file() {
    last_.reset();
    has_other_form_ = false;
  }
  /// Whether a time of this file was written otherwise than the recorder writes it.
  [[nodiscard]] bool has_other_form() const { return has_other_form_; }

 private:
  [[nodiscard]] std::optional<std::time_t> on_day_of_change(std::time_t seconds_of_day) const;
  void look_up_day();

  [[nodiscard]] std::optional<WallTime> parse_own_form(std::string_view text);

  bool has_other_form_ = false;
  std::string day_;  ///< "2025-06-04"
  std::tm midnight_{};
  std::optional<std::time_t> day_begin_;  ///< nothing: its hours are not all alike
  std::optional<std::time_t> last_;
};

/// Whether the text begins like a date of which nobody can tell the day from the month:
/// "11/5/2026".
[[nodiscard]] bool is_ambiguous_date(std::string_view text);

}  // namespace wemol::reading
