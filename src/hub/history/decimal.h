#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace wemol::hub {

/// Digits that are kept: enough for a plot, few enough to be small.
inline constexpr int kKeptDigits = 5;
/// Nothing that a host has is beyond these.
inline constexpr double kLargestKept = 1e30;
inline constexpr double kSmallestKept = 1e-12;

/// Numbers as whole multiples of a power of ten.
class DecimalScale {
 public:
  explicit DecimalScale(int exponent)
      : exponent_(exponent), power_(std::pow(10.0, std::abs(exponent))) {}

  /// The one that leaves kKeptDigits digits to numbers of this size.
  [[nodiscard]] static DecimalScale for_size(double largest) {
    return DecimalScale(
        largest > 0 ? static_cast<int>(std::floor(std::log10(largest))) + 1 - kKeptDigits : 0);
  }

  [[nodiscard]] int exponent() const { return exponent_; }
  // By what is exact: 0.01 is not, 100 is.
  [[nodiscard]] std::int64_t units(double number) const {
    return std::llround(exponent_ < 0 ? number * power_ : number / power_);
  }
  [[nodiscard]] double number(std::int64_t units) const {
    const auto whole = static_cast<double>(units);
    return exponent_ < 0 ? whole / power_ : whole * power_;
  }

 private:
  int exponent_;
  double power_;
};

/// What can be kept of a number: 0 for what is too small, the bounds for what is too large.
[[nodiscard]] inline double keepable(double number) {
  if (!(std::abs(number) >= kSmallestKept)) {  // also what is no number
    return 0;
  }
  return std::abs(number) > kLargestKept ? std::copysign(kLargestKept, number) : number;
}

}  // namespace wemol::hub
