#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "unique_fd.h"

namespace wemol {

/// Keeps a second recorder off a folder: an advisory lock (flock) on a hidden file in it, which
/// the kernel drops with the process, however it ends. The file holds the owner's pid.
class InstanceLock {
 public:
  struct Refusal {
    bool held_by_other = false;  ///< else the lock file could not be made
    std::string message;
  };

  /// Makes the folder when it is absent.
  [[nodiscard]] static tl::expected<InstanceLock, Refusal> acquire(
      const std::filesystem::path& folder);

  /// Whether the file that is locked still stands in the folder. A second recorder would not meet
  /// the lock of one that was removed.
  [[nodiscard]] bool is_in_place() const;

 private:
  InstanceLock(std::filesystem::path path, UniqueFd file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace wemol
