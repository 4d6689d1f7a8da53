#include "pci_address.h"

#include "text_fields.h"

namespace wemol::amd {

std::optional<PciAddress> parse_pci_address(std::string_view text) {
  constexpr int kHexadecimal = 16;
  const auto parts = split_fields(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto slot = split_fields(parts[2], '.');
  if (slot.size() != 2) {
    return std::nullopt;
  }
  const auto domain = parse_number<std::uint32_t>(parts[0], kHexadecimal);
  const auto bus = parse_number<std::uint32_t>(parts[1], kHexadecimal);
  const auto device = parse_number<std::uint32_t>(slot[0], kHexadecimal);
  const auto function = parse_number<std::uint32_t>(slot[1], kHexadecimal);
  if (!domain || !bus || !device || !function) {
    return std::nullopt;
  }
  return PciAddress{*domain, *bus, *device, *function};
}

}  // namespace wemol::amd
