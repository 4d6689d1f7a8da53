#include "figure_text.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace wemol::report {
namespace {

std::string without_zeros_at_the_end(std::string number) {
  if (number.find('.') != std::string::npos) {
    number.resize(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) {
      number.pop_back();
    }
  }
  return number;
}

std::string three_digits(double amount) {
  const double size = std::abs(amount);
  const int decimals = size < 9.995 ? 2 : (size < 99.95 ? 1 : 0);
  return without_zeros_at_the_end(fmt::format("{:.{}f}", amount, decimals));
}

}  // namespace

std::string amount_text(const std::optional<double>& amount) {
  return amount ? three_digits(*amount) : kNotKnown;
}

std::string number_text(const std::optional<double>& number) {
  constexpr double kWholeBelow = 1e9;
  if (!number) {
    return kNotKnown;
  }
  const bool is_large = std::abs(*number) >= 1000 && std::abs(*number) < kWholeBelow;
  return is_large ? fmt::format("{:.0f}", *number) : fmt::format("{:.4g}", *number);
}

std::string bytes_text(const std::optional<double>& bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  constexpr double kStep = 1024;
  if (!bytes) {
    return kNotKnown;
  }
  double amount = *bytes;
  std::size_t unit = 0;
  while (amount >= kStep && unit + 1 < kUnits.size()) {
    amount /= kStep;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(amount), kUnits.at(unit));
}

std::string mebibytes_text(const std::optional<double>& mebibytes) {
  constexpr double kBytesPerMebibyte = 1024.0 * 1024;
  return bytes_text(mebibytes ? std::optional(*mebibytes * kBytesPerMebibyte) : std::nullopt);
}

std::string duration_text(const std::optional<double>& seconds) {
  constexpr std::int64_t kPerMinute = 60;
  constexpr std::int64_t kPerHour = 3600;
  if (!seconds) {
    return kNotKnown;
  }
  const std::int64_t whole = std::llround(*seconds);
  return fmt::format("{}:{:02}:{:02}", whole / kPerHour, whole % kPerHour / kPerMinute,
                     whole % kPerMinute);
}

std::string percent_text(const std::optional<double>& percent) {
  return percent ? fmt::format("{} %", std::llround(*percent)) : kNotKnown;
}

std::string energy_text(const std::optional<double>& watt_hours) {
  constexpr double kKilo = 1000;
  if (!watt_hours) {
    return kNotKnown;
  }
  return *watt_hours < kKilo ? three_digits(*watt_hours) + " Wh"
                             : three_digits(*watt_hours / kKilo) + " kWh";
}

}  // namespace wemol::report
