#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace wemol::report {

/// One line that says how far a long reading has come, for a terminal. It shows after a second and
/// then a few times per second.
class ProgressLine {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ProgressLine(Time began_at) : shown_at_(began_at) {}

  /// What to write now, in place of what was written before; nothing when it is too early.
  [[nodiscard]] std::optional<std::string> next(std::uint64_t done, std::uint64_t in_all, Time now);
  /// What wipes the line away; empty when none was shown.
  [[nodiscard]] std::string wiped() const;

 private:
  Time shown_at_;
  bool is_shown_ = false;
};

}  // namespace wemol::report
