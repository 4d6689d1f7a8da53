#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace wemol::report {

/// What stands for a figure that nobody knows.
inline constexpr const char* kNotKnown = "-";

/// Three digits at least: 0.04, 1.98, 23.4, 1204. No zeros at the end.
[[nodiscard]] std::string amount_text(const std::optional<double>& amount);
/// Of any size, with four digits at least: 0.00012, 12.35, 50000, 1.5e+12.
[[nodiscard]] std::string number_text(const std::optional<double>& number);
/// "257 MiB", "1.25 GiB".
[[nodiscard]] std::string bytes_text(const std::optional<double>& bytes);
[[nodiscard]] std::string mebibytes_text(const std::optional<double>& mebibytes);
/// "1:02:03", hours first, however many.
[[nodiscard]] std::string duration_text(const std::optional<double>& seconds);
/// "38 %", "-15 %".
[[nodiscard]] std::string percent_text(const std::optional<double>& percent);
/// "0.4 Wh", "1.2 kWh".
[[nodiscard]] std::string energy_text(const std::optional<double>& watt_hours);

}  // namespace wemol::report
