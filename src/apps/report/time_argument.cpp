#include "time_argument.h"

#include <ctime>
#include <string>

#include "text.h"
#include "time_text.h"

namespace wemol::report {
namespace {

/// "7d", "24h", "90m".
std::optional<std::chrono::minutes> parse_age(std::string_view text) {
  constexpr unsigned kLongest = 1'000'000;
  if (text.empty()) {
    return std::nullopt;
  }
  const auto number = parse_number<unsigned>(text.substr(0, text.size() - 1));
  if (!number || *number > kLongest) {
    return std::nullopt;
  }
  switch (text.back()) {
    case 'd':
      return std::chrono::days(*number);
    case 'h':
      return std::chrono::hours(*number);
    case 'm':
      return std::chrono::minutes(*number);
    default:
      return std::nullopt;
  }
}

/// "2026-01-15", "2026-01-15 10:30", "2026-01-15 10:30:00", with T or a blank, as if it were UTC.
std::optional<WallTime> parse_without_offset(std::string text) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kWithMinutes = 16;
  constexpr std::size_t kWithSeconds = 19;
  if (text.size() > kDate && text[kDate] == ' ') {
    text[kDate] = 'T';
  }
  switch (text.size()) {
    case kDate:
      return parse_iso_time(text + "T00:00:00Z");
    case kWithMinutes:
      return parse_iso_time(text + ":00Z");
    case kWithSeconds:
      return parse_iso_time(text + "Z");
    default:
      return std::nullopt;
  }
}

/// The moment at which the clocks here show what `time` is in UTC.
std::optional<WallTime> as_local(WallTime time) {
  const std::time_t shown = WallTime::clock::to_time_t(time);
  std::tm fields{};
  gmtime_r(&shown, &fields);
  fields.tm_isdst = -1;
  tzset();
  const std::time_t moment = mktime(&fields);
  return moment == -1 ? std::nullopt : std::optional(WallTime::clock::from_time_t(moment));
}

}  // namespace

std::optional<WallTime> parse_time_argument(std::string_view text, WallTime now) {
  if (const auto age = parse_age(text)) {
    return now - *age;
  }
  if (const auto time = parse_iso_time(text)) {
    return time;
  }
  const auto shown = parse_without_offset(std::string(text));
  return shown ? as_local(*shown) : std::nullopt;
}

}  // namespace wemol::report
