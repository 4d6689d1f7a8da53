#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

namespace wemol {

/// A file of device history: "2026-11-28.csv", "2026-11-28-2.csv", "2026-11-28.csv.gz".
struct DeviceFile {
  std::filesystem::path path;
  std::chrono::year_month_day date;
  unsigned number = 1;
  bool is_compressed = false;
};

/// Nothing for any other name.
[[nodiscard]] std::optional<DeviceFile> parse_device_file_name(std::string_view name);

/// In the order of days and numbers.
[[nodiscard]] Result<std::vector<DeviceFile>> list_device_files(
    const std::filesystem::path& devices_folder);

/// The whole content, unpacked where it is compressed. Of a file that breaks off, what is there;
/// `trouble` says so.
[[nodiscard]] Result<std::string> read_device_file(const DeviceFile& file, std::string& trouble);

/// Packs the file into one with the same name and `.gz` and removes it. Where that name is taken
/// by other rows the next number is used: nothing is overwritten.
[[nodiscard]] Result<void> compress_device_file(const DeviceFile& file);

}  // namespace wemol
