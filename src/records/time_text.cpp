#include "time_text.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "text_fields.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr std::size_t kNanosecondDigits = 9;
// The time between any two is less than 292 years, which is what a count of nanoseconds holds. A
// clock that was never set shows 1970, and 1969 west of Greenwich.
constexpr int kFirstYear = 1969;
constexpr int kLastYear = 2199;

/// Takes `digits` decimal digits off the text.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits ||
      text.substr(0, digits).find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto number = parse_number<int>(text.substr(0, digits));
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// ".123": any number of digits, of which nine count. 0 where there is none.
std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) {
    return 0ns;
  }
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) {
    return std::nullopt;
  }
  std::string digits(text.substr(0, std::min(end, kNanosecondDigits)));
  digits.resize(kNanosecondDigits, '0');
  text.remove_prefix(end);
  return std::chrono::nanoseconds(parse_number<std::int64_t>(digits).value_or(0));
}

/// "Z", "+08:00", "-03:30", up to the end of the text.
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text == "Z") {
    return 0min;
  }
  const bool is_west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) {
    return std::nullopt;
  }
  const auto hours = take_number(text, 2);
  const bool has_colon = take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !has_colon || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) {
    return std::nullopt;
  }
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return is_west ? -offset : offset;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  const bool first = take(text, '-');
  const auto month = take_number(text, 2);
  const bool second = take(text, '-');
  const auto day = take_number(text, 2);
  if (!year || !first || !month || !second || !day || *year < kFirstYear || *year > kLastYear) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

std::optional<std::chrono::seconds> take_time_of_day(std::string_view& text) {
  const auto hours = take_number(text, 2);
  const bool first = take(text, ':');
  const auto minutes = take_number(text, 2);
  const bool second = take(text, ':');
  const auto seconds = take_number(text, 2);
  if (!hours || !first || !minutes || !second || !seconds || *hours > 23 || *minutes > 59 ||
      *seconds > 60) {
    return std::nullopt;
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
         std::chrono::seconds(*seconds);
}

}  // namespace

std::string iso_time_text(WallClockTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t unix_seconds = seconds.time_since_epoch().count();
  std::tm local{};
  tzset();  // localtime_r alone need not notice a changed time zone
  localtime_r(&unix_seconds, &local);
  const long offset_minutes = local.tm_gmtoff / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", local.tm_year + 1900,
                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                     (milliseconds - seconds).count(), offset_minutes < 0 ? '-' : '+',
                     std::labs(offset_minutes) / 60, std::labs(offset_minutes) % 60);
}

std::optional<WallClockTime> parse_iso_time(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take(text, 'T')) {
    return std::nullopt;
  }
  const auto time_of_day = take_time_of_day(text);
  const auto fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!time_of_day || !fraction || !offset) {
    return std::nullopt;
  }
  return WallClockTime(std::chrono::duration_cast<WallClockTime::duration>(
      date->time_since_epoch() + *time_of_day + *fraction - *offset));
}

}  // namespace wemol
