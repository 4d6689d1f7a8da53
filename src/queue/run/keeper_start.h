#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace wemol::queue {

/// The descriptors with which a keeper begins; the locks of its cards follow.
inline constexpr int kOrderFd = 3;
inline constexpr int kReportFd = 4;
inline constexpr int kFirstLockFd = 5;

/// What a keeper that begins says through the pipe: first who it is, then that it is ready or what
/// is in its way.
struct KeeperReport {
  std::int32_t pid = 0;
  int error = 0;  ///< an errno
  std::uint64_t start_ticks = 0;
  bool is_ready = false;
};

struct KeeperEnds {
  int order = -1;
  int report = -1;
};

/// Starts `program keep` as nobody's child, in a session of its own, with all signals blocked and
/// with no descriptors but those. Returns 0 or an errno; what fails behind that is reported.
[[nodiscard]] int fork_keeper(const std::filesystem::path& program, const KeeperEnds& ends,
                              std::span<const int> card_locks);

/// No descriptor from `first` on stays open.
void close_all_from(int first);

}  // namespace wemol::queue
