#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "run_summary.h"

namespace wemol::reading {

/// Reads the local times of rows, "2025-06-04 09:44:28", in the order of the rows. Those that a
/// spreadsheet has made of them are read where only one time can be meant: "2025/6/4 9:44".
///
/// The hour that a change from summer time repeats is told apart by the time before: the one that
/// is not earlier. The system's time zone is asked once for a day, since asking takes long.
class LocalTimeReader {
 public:
  /// Nothing when it is no such time, or of no year from 1970 to 2199.
  [[nodiscard]] std::optional<WallClockTime> parse(std::string_view text);
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

  [[nodiscard]] std::optional<WallClockTime> parse_own_form(std::string_view text);

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
