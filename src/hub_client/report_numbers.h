#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

namespace wemol::hub_client {

/// Numbers as reports have them: no more digits than are known, null where nothing is.

[[nodiscard]] inline double rounded_to(double number, double parts) {
  const double rounded = std::round(number * parts) / parts;
  return std::isfinite(rounded) ? rounded : number;
}

[[nodiscard]] inline double mebibytes(std::uint64_t bytes) {
  constexpr double kMebibyte = 0x1p20;
  constexpr double kHundredths = 100;
  return rounded_to(static_cast<double>(bytes) / kMebibyte, kHundredths);
}

template <typename Number>
[[nodiscard]] nlohmann::ordered_json optional_number(const std::optional<Number>& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
}

[[nodiscard]] inline nlohmann::ordered_json mebibytes(const std::optional<std::uint64_t>& bytes) {
  return bytes ? nlohmann::ordered_json(mebibytes(*bytes)) : nlohmann::ordered_json();
}

[[nodiscard]] inline nlohmann::ordered_json hundredths(const std::optional<double>& number) {
  constexpr double kHundredths = 100;
  return number ? nlohmann::ordered_json(rounded_to(*number, kHundredths))
                : nlohmann::ordered_json();
}

}  // namespace wemol::hub_client
