#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <wemol/result.h>

namespace wemol {

/// The border to files that are read whole.
class FileReader {
 public:
  FileReader() = default;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  virtual ~FileReader() = default;

  /// The content of a regular file (files under /proc are such). Anything else (folder, pipe,
  /// device) is an error and is never waited for, and so is a file of more than `max_bytes`.
  [[nodiscard]] virtual Result<std::string> read(const std::filesystem::path& path,
                                                 std::size_t max_bytes) const = 0;
};

class SystemFileReader : public FileReader {
 public:
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override;
};

}  // namespace wemol
