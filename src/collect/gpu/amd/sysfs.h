#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"

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

/// The kernel's files below a root folder. Paths are relative to it.
class Sysfs {
 public:
  Sysfs(const FileReader& files, std::filesystem::path root);

  /// The file's text without the blanks and the line end behind it.
  [[nodiscard]] Result<std::string> text(const std::string& path) const;
  /// The whole number that the file holds.
  [[nodiscard]] Result<std::uint64_t> number(const std::string& path) const;
  /// The hexadecimal number that the file holds behind "0x".
  [[nodiscard]] Result<std::uint64_t> hex_number(const std::string& path) const;
  /// The names in the folder, in ascending order.
  [[nodiscard]] Result<std::vector<std::string>> names_in(const std::string& folder) const;

 private:
  const FileReader& files_;
  std::filesystem::path root_;
};

}  // namespace wemol::amd
