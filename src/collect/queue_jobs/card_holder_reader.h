#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "holder_record.h"

namespace wemol {

/// Where wemol-queue locks the cards of a host, unless it is told otherwise.
inline constexpr const char* kQueueLockFolder = "/run/lock/wemol-queue";

/// Reads which jobs of wemol-queue hold cards of this host, whoever they belong to.
///
/// Everybody may write into the folder, so nothing in it is believed that the kernel does not bear
/// out: the card's lock is held (/proc/locks), the file is its user's own, and its keeper is a
/// process of that user. Nothing in the folder can make the reader wait. Without the host's own
/// processes and locks in /proc (a container's) there are no holders.
class CardHolderReader {
 public:
  /// So many names in the folder are looked at. There are two for each card and one for each other
  /// user who has ever held it.
  static constexpr std::size_t kMostNames = 4096;

  struct Places {
    std::filesystem::path folder = kQueueLockFolder;
    std::filesystem::path proc = "/proc";
  };

  explicit CardHolderReader(Places places) : places_(std::move(places)) {}

  /// At most one for each card, sorted by card. Absent: there is no such folder, or it or the
  /// kernel's locks cannot be read, so nothing is known.
  [[nodiscard]] std::optional<std::vector<CardHolder>> read() const;

 private:
  Places places_;
};

}  // namespace wemol
