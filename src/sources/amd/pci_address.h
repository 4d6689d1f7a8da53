#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wemol::amd {

/// Where a device sits; ordered as the bus is.
struct PciAddress {
  std::uint32_t domain = 0;
  std::uint32_t bus = 0;
  std::uint32_t device = 0;
  std::uint32_t function = 0;

  // clang-tidy takes the zero that such a comparison is compared with for a pointer.
  friend auto operator<=>(const PciAddress&,
                          const PciAddress&) = default;  // NOLINT(modernize-use-nullptr)
};

/// Reads "0000:c3:00.0".
[[nodiscard]] std::optional<PciAddress> parse_pci_address(std::string_view text);

}  // namespace wemol::amd
