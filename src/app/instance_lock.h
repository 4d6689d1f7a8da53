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

 private:
  explicit InstanceLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace wemol
