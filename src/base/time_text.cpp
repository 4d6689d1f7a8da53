#include "time_text.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "date_text.h"
#include "text.h"

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

std::optional<sys_days> parse_date(std::string_view text) {
  const auto date = take_date(text);
  return text.empty() ? date : std::nullopt;
}

std::string iso_time_text(WallTime time) {
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

std::optional<WallTime> parse_iso_time(std::string_view text) {
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
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      date->time_since_epoch() + *time_of_day + *fraction - *offset));
}

const std::string& LocalTimeText::of(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  if (seconds != seconds_) {
    tzset();  // localtime_r alone need not notice a changed time zone
    std::tm local{};
    localtime_r(&seconds, &local);
    text_ = fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
    seconds_ = seconds;
  }
  return text_;
}

}  // namespace wemol

namespace wemol::reading {
namespace {

constexpr std::size_t kDayLength = 10;
constexpr std::size_t kTimeLength = 19;
constexpr std::time_t kSecondsOfDay = 86400;
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2199;

/// Takes a number of that many digits off the text, or nothing.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t least_digits,
                                    std::size_t most_digits) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  if (count < least_digits || count > most_digits) {
    return std::nullopt;
  }
  const auto number = parse_number<unsigned>(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  const bool is_there = !text.empty() && characters.find(text.front()) != std::string_view::npos;
  text.remove_prefix(is_there ? 1 : 0);
  return is_there;
}

/// "2025-06-04 09:44:00" of "2025/6/4 9:44": the year stands in front, so no other day can be
/// meant. Nothing when it is no such time.
std::optional<std::string> in_own_form(std::string_view text) {
  constexpr std::size_t kYearDigits = 4;
  const auto year = take_digits(text, kYearDigits, kYearDigits);
  const std::string_view date_separator = text.substr(0, 1);
  if (!year || !take_one_of(text, "-/")) {
    return std::nullopt;
  }
  const auto month = take_digits(text, 1, 2);
  const bool is_alike = take_one_of(text, date_separator);
  const auto day = take_digits(text, 1, 2);
  if (!month || !is_alike || !day || !take_one_of(text, " ")) {
    return std::nullopt;
  }
  const auto hour = take_digits(text, 1, 2);
  const bool has_minutes = take_one_of(text, ":");
  const auto minute = take_digits(text, 2, 2);
  const bool has_seconds = take_one_of(text, ":");
  const auto second = has_seconds ? take_digits(text, 2, 2) : 0U;
  if (!hour || !has_minutes || !minute || !second || !text.empty()) {
    return std::nullopt;
  }
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", *year, *month, *day, *hour, *minute,
                     *second);
}

/// The number of two digits; nothing when they are none.
std::optional<int> two_digits(std::string_view text) {
  const bool are_digits = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
  return are_digits ? std::optional((text[0] - '0') * 10 + text[1] - '0') : std::nullopt;
}

/// Seconds since midnight by the clock's hands: "09:44:28".
std::optional<std::time_t> seconds_of_day(std::string_view text) {
  const auto hours = two_digits(text);
  const auto minutes = two_digits(text.substr(3));
  const auto seconds = two_digits(text.substr(6));
  if (text[2] != ':' || text[5] != ':' || !hours || !minutes || !seconds || *hours > 23 ||
      *minutes > 59 || *seconds > 60) {
    return std::nullopt;
  }
  return *hours * 3600 + *minutes * 60 + *seconds;
}

std::optional<std::tm> midnight_of(std::string_view text) {
  const auto year = parse_number<int>(text.substr(0, 4));
  const auto month = two_digits(text.substr(5));
  const auto day = two_digits(text.substr(8));
  if (!year || text[4] != '-' || !month || text[7] != '-' || !day || *year < kFirstYear ||
      *year > kLastYear) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  std::tm midnight{};
  midnight.tm_year = *year - 1900;
  midnight.tm_mon = *month - 1;
  midnight.tm_mday = *day;
  return date.ok() ? std::optional(midnight) : std::nullopt;
}

std::tm with_time(std::tm midnight, std::time_t seconds) {
  midnight.tm_hour = static_cast<int>(seconds / 3600);
  midnight.tm_min = static_cast<int>(seconds / 60 % 60);
  midnight.tm_sec = static_cast<int>(seconds % 60);
  return midnight;
}

/// The moments at which a clock shows that time: one, or two when an hour is repeated, or the one
/// that the system makes of an hour that is left out. In the order of time.
std::vector<std::time_t> moments_of(const std::tm& shown) {
  // The C library has a lock of its own here, of which the thread sanitizer does not know.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::vector<std::time_t> moments;
  for (const int is_summer_time : {1, 0, -1}) {
    std::tm local = shown;
    local.tm_isdst = is_summer_time;
    const std::time_t moment = std::mktime(&local);
    const bool is_shown = local.tm_mday == shown.tm_mday && local.tm_hour == shown.tm_hour &&
                          local.tm_min == shown.tm_min;
    const bool is_new = std::ranges::find(moments, moment) == moments.end();
    if (is_new && (is_shown || (is_summer_time < 0 && moments.empty()))) {
      moments.push_back(moment);
    }
  }
  std::ranges::sort(moments);
  return moments;
}

}  // namespace

void LocalTimeReader::look_up_day() {
  const auto first = moments_of(midnight_);
  const auto last = moments_of(with_time(midnight_, kSecondsOfDay - 1));
  const bool is_plain =
      first.size() == 1 && last.size() == 1 && last.front() - first.front() == kSecondsOfDay - 1;
  day_begin_ = is_plain ? std::optional(first.front()) : std::nullopt;
}

std::optional<std::time_t> LocalTimeReader::on_day_of_change(std::time_t seconds) const {
  const auto moments = moments_of(with_time(midnight_, seconds));
  const auto fits = [&](std::time_t moment) { return !last_ || moment >= *last_; };
  const auto found = std::ranges::find_if(moments, fits);
  return found == moments.end() ? moments.back() : *found;
}

std::optional<WallTime> LocalTimeReader::parse(std::string_view text) {
  if (const auto time = parse_own_form(text)) {
    return time;
  }
  const auto own = in_own_form(text);
  const auto time = own ? parse_own_form(*own) : std::nullopt;
  has_other_form_ = has_other_form_ || time;
  return time;
}

bool is_ambiguous_date(std::string_view text) {
  return take_digits(text, 1, 2) && take_one_of(text, "/.-") && take_digits(text, 1, 2) &&
         take_one_of(text, "/.-") && take_digits(text, 4, 4);
}

std::optional<WallTime> LocalTimeReader::parse_own_form(std::string_view text) {
  if (text.size() != kTimeLength || text[kDayLength] != ' ') {
    return std::nullopt;
  }
  const auto seconds = seconds_of_day(text.substr(kDayLength + 1));
  if (!seconds) {
    return std::nullopt;
  }
  if (const std::string_view day = text.substr(0, kDayLength); day != day_) {
    const auto midnight = midnight_of(day);
    if (!midnight) {
      return std::nullopt;
    }
    day_ = day;
    midnight_ = *midnight;
    look_up_day();
  }
  last_ = day_begin_ ? *day_begin_ + *seconds : on_day_of_change(*seconds);
  return WallTime(std::chrono::seconds(*last_));
}

}  // namespace wemol::reading
