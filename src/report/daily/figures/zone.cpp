#include "zone.h"

#include <date/tz.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <optional>

#include <fmt/format.h>

#include "date_text.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

using std::chrono::seconds;

/// "+05:45", "-0330", "+8", also behind "UTC" or "GMT"; "Z".
std::optional<seconds> parse_offset(std::string_view text) {
  const bool is_named = text.starts_with("UTC") || text.starts_with("GMT");
  if (text == "Z" || text == "UTC" || text == "GMT") {
    return seconds(0);
  }
  text.remove_prefix(is_named ? 3 : 0);
  if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) {
    return std::nullopt;
  }
  const bool is_west = text.front() == '-';
  text.remove_prefix(1);
  const std::size_t hour_digits = text.size() <= 2 ? text.size() : 2;
  const auto hours = parse_number<unsigned>(text.substr(0, hour_digits));
  text.remove_prefix(hour_digits);
  const bool has_colon = text.starts_with(':');
  text.remove_prefix(has_colon ? 1 : 0);
  const bool is_whole = text.empty() && !has_colon;
  const auto minutes = is_whole ? 0U : parse_number<unsigned>(text);
  constexpr unsigned kMostHours = 15;
  constexpr unsigned kMinutes = 60;
  if (!hours || !minutes || *hours > kMostHours || *minutes >= kMinutes ||
      (!is_whole && text.size() != 2)) {
    return std::nullopt;
  }
  const seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return is_west ? -offset : offset;
}

/// None before 1970: sources count seconds from there.
std::optional<date::local_days> parse_day(std::string_view text) {
  const auto day = parse_date(text);
  return day && day->time_since_epoch().count() >= 0
             ? std::optional(date::local_days(date::days(day->time_since_epoch().count())))
             : std::nullopt;
}

std::string date_text(const date::year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// When the date begins. Where its midnight is left out, as the clock goes on; where there are two,
/// the first.
std::int64_t midnight(const date::time_zone* zone, seconds offset, date::local_days date) {
  if (zone == nullptr) {
    return (date.time_since_epoch() - offset) / seconds(1);
  }
  return zone->to_sys(date::local_seconds(date), date::choose::earliest).time_since_epoch() /
         seconds(1);
}

tl::unexpected<Error> no_date(std::string_view text) {
  return failure(fmt::format("\"{}\" is no date such as 2025-08-01", printable(text)));
}

}  // namespace

Result<Zone> Zone::of(const std::string& name) {
  Zone zone;
  zone.name_ = name;
  if (zone.name_.empty()) {
    const char* const of_environment = std::getenv("TZ");
    zone.name_ = of_environment == nullptr ? "" : of_environment;
    zone.name_.erase(0, zone.name_.starts_with(':') ? 1 : 0);
  }
  if (const auto offset = parse_offset(zone.name_)) {
    zone.offset_ = *offset;
    return zone;
  }
  try {
    zone.zone_ = zone.name_.empty() ? date::current_zone() : date::locate_zone(zone.name_);
    zone.name_ = zone.zone_->name();
    return zone;
  } catch (const std::exception&) {
    return failure(zone.name_.empty()
                       ? "the system's time zone is not known: set zone"
                       : fmt::format("zone: \"{}\" is neither a time zone such as Asia/Taipei nor "
                                     "an offset such as +08:00",
                                     printable(zone.name_)));
  }
}

Result<Day> Zone::day(std::string_view date) const {
  const auto first = parse_day(date);
  if (!first) {
    return no_date(date);
  }
  Day day{.date = std::string(date),
          .begin_epoch = midnight(zone_, offset_, *first),
          .end_epoch = midnight(zone_, offset_, *first + date::days(1))};
  if (day.begin_epoch >= day.end_epoch) {
    return failure(fmt::format("{} has no {}", name_, date));
  }
  return day;
}

Result<Day> Zone::day_at(std::int64_t epoch) const {
  const date::local_seconds local(seconds(epoch) + offset_at(epoch));
  return day(date_text(date::year_month_day(date::floor<date::days>(local))));
}

Result<std::vector<Day>> Zone::days(std::string_view first, std::string_view last) const {
  const auto begin = parse_day(first);
  const auto end = parse_day(last);
  if (!begin || !end) {
    return no_date(begin ? last : first);
  }
  if (*begin > *end) {
    return failure(fmt::format("{} is later than {}", first, last));
  }
  if ((*end - *begin).count() >= kMostDays) {
    return failure(fmt::format("more than {} days", kMostDays));
  }
  std::vector<Day> days;
  for (date::local_days at = *begin; at <= *end; at += date::days(1)) {
    if (auto one = day(date_text(date::year_month_day(at)))) {
      days.push_back(std::move(*one));
    }
  }
  return days;
}

seconds Zone::offset_at(std::int64_t epoch) const {
  return zone_ == nullptr ? offset_ : zone_->get_info(date::sys_seconds(seconds(epoch))).offset;
}

std::string Zone::text(std::int64_t epoch) const {
  const date::local_seconds local(seconds(epoch) + offset_at(epoch));
  const auto day = date::floor<date::days>(local);
  const date::hh_mm_ss<seconds> time(local - day);
  return fmt::format("{} {:02}:{:02}:{:02}", date_text(date::year_month_day(day)),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string rfc1123_text(std::int64_t epoch) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const date::sys_seconds at{seconds(epoch)};
  const auto day = date::floor<date::days>(at);
  const date::year_month_day date(day);
  const date::hh_mm_ss<seconds> time(at - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays.at(date::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace wemol::report::daily
