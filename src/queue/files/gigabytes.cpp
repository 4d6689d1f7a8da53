#include "gigabytes.h"

#include <cmath>

#include "text.h"

namespace wemol::queue {

std::optional<std::uint64_t> parse_gigabytes(std::string_view text) {
  constexpr double kMostGigabytes = 1e6;
  const auto number = parse_number<double>(text);
  if (!number || !std::isfinite(*number) || std::signbit(*number) || *number > kMostGigabytes) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number * kGigabyteBytes);
}

}  // namespace wemol::queue
