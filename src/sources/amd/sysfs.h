#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files.h"

namespace wemol::amd {

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
