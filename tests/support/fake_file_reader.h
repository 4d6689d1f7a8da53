#pragma once

#include <cerrno>
#include <map>
#include <string>

#include "files.h"

namespace wemol::test {

/// Files that exist only in the test.
class FakeFileReader : public FileReader {
 public:
  std::map<std::string, std::string> files;
  mutable std::map<std::string, int> reads;

  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override {
    ++reads[path.string()];
    const auto found = files.find(path.string());
    if (found == files.end()) {
      return failure(path.string() + ": No such file or directory", ENOENT);
    }
    if (found->second.size() > max_bytes) {
      return failure(path.string() + ": too large");
    }
    return found->second;
  }
};

}  // namespace wemol::test
