#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <wemol/result.h>

#include "files.h"

namespace wemol::queue {

inline constexpr const char* kLockFolder = "/run/lock/wemol-queue";

/// A card that is held; given back when the last descriptor of it is closed: this one and its copy
/// in the keeper.
struct CardLock {
  std::string uuid;
  UniqueFd fd;  ///< -1 where there is no folder: our own table alone counts
};

/// The locks of cards that the schedulers of all users on this host go by: a file per card in a
/// folder that all may write to, locked by flock(). What they hold against each other is their word
/// only.
class CardLocks {
 public:
  /// Makes the folder (mode 1777) where it is missing and may be made.
  explicit CardLocks(std::filesystem::path folder = kLockFolder);

  /// Why the schedulers of others are not seen; nothing when they are.
  [[nodiscard]] const std::optional<std::string>& why_alone() const { return why_alone_; }
  /// Empty while alone.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  /// The error's code is EWOULDBLOCK when somebody holds the card. Never waits.
  [[nodiscard]] Result<CardLock> lock(const std::string& uuid) const;
  /// Whether anybody holds it, a keeper of ours included.
  [[nodiscard]] bool is_locked(const std::string& uuid) const;

 private:
  std::filesystem::path folder_;
  UniqueFd folder_fd_;
  std::optional<std::string> why_alone_;
};

}  // namespace wemol::queue
