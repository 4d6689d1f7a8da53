#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "node_day.h"

namespace date {
class time_zone;
}

namespace wemol::report::daily {

/// A time zone: what decides where a day begins, and how a time is written.
class Zone {
 public:
  /// An IANA name ("Asia/Taipei") or an offset from UTC, east positive ("+05:45", "UTC-3"). Empty:
  /// that of $TZ, else the system's.
  [[nodiscard]] static Result<Zone> of(const std::string& name);

  /// Of "2025-08-01". Fails for what is no date, and for a day that the zone has left out.
  [[nodiscard]] Result<Day> day(std::string_view date) const;
  [[nodiscard]] Result<Day> day_at(std::int64_t epoch) const;
  /// All from the first date to the last, at most kMostDays. A day that the zone has left out is
  /// left out.
  [[nodiscard]] Result<std::vector<Day>> days(std::string_view first, std::string_view last) const;
  static constexpr int kMostDays = 3660;

  /// "2025-08-01 00:00:00".
  [[nodiscard]] std::string text(std::int64_t epoch) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] std::chrono::seconds offset_at(std::int64_t epoch) const;

  std::string name_;
  const date::time_zone* zone_ = nullptr;  ///< null: always offset_
  std::chrono::seconds offset_{0};
};

/// "Mon, 14 Jul 2025 14:22:00 GMT".
[[nodiscard]] std::string rfc1123_text(std::int64_t epoch);

}  // namespace wemol::report::daily
