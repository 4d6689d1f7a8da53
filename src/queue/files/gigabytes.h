#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wemol::queue {

/// What the files and options mean by GB: 1024 MiB, as nvidia-smi counts a card's memory.
inline constexpr double kGigabyteBytes = 0x1p30;

/// "20", "7.5". Nothing for anything else, for what is negative, and above 1,000,000.
[[nodiscard]] std::optional<std::uint64_t> parse_gigabytes(std::string_view text);

}  // namespace wemol::queue
