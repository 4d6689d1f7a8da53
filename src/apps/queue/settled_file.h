#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <tuple>

#include "time_points.h"

namespace wemol::queue {

/// Tells when a file has changed and is not being written any more: when it was the same in two
/// looks, so that half of what an editor writes is not read. Also where no file system tells of
/// changes, such as NFS.
class SettledFile {
 public:
  /// As it is now counts as read.
  explicit SettledFile(std::filesystem::path path);

  enum class Change { none, settling, settled };
  /// After `settled` it counts as read. A file that has gone has not changed.
  [[nodiscard]] Change look();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  using Signature = std::tuple<dev_t, ino_t, off_t, std::int64_t>;

  [[nodiscard]] std::optional<Signature> signature() const;

  std::filesystem::path path_;
  std::optional<Signature> read_;
  std::optional<Signature> last_seen_;
};

}  // namespace wemol::queue
