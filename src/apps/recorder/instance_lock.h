#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include <wemol/sink.h>

#include "files.h"

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

/// Keeps the output folder locked against a second recorder. The lock goes with a folder that is
/// removed, and may not be had at the start: it is looked for in every round.
class FolderGuard : public Sink {
 public:
  FolderGuard(std::filesystem::path folder, tl::expected<InstanceLock, InstanceLock::Refusal> lock);

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  std::filesystem::path folder_;
  tl::expected<InstanceLock, InstanceLock::Refusal> lock_;
};

}  // namespace wemol
