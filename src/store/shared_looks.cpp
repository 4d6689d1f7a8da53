#include "shared_looks.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <utility>

#include "files.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// A round that takes longer looks again: rows must not go for long into a file that was removed.
constexpr std::chrono::nanoseconds kLongest = 10ms;
/// The coarsest clock by which a file system here may date (ext4 with small inodes: 1 s), and as
/// much again. Two changes within its tick have the same date.
constexpr std::chrono::nanoseconds kCoarsestTick = 2s;

class HostClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime /*due*/) override { return false; }
};

/// Of a network's file system the date may come late; of others it is not known.
bool dates_each_change(const std::filesystem::path& folder) {
  constexpr std::array kKnown{
      static_cast<unsigned long>(EXT4_SUPER_MAGIC), static_cast<unsigned long>(XFS_SUPER_MAGIC),
      static_cast<unsigned long>(BTRFS_SUPER_MAGIC), static_cast<unsigned long>(TMPFS_MAGIC)};
  struct statfs found {};
  return statfs(folder.c_str(), &found) == 0 &&
         std::ranges::find(kKnown, static_cast<unsigned long>(found.f_type)) != kKnown.end();
}

WallTime wall_time(const timespec& time) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace

const Clock& host_clock() {
  static const HostClock clock;
  return clock;
}

void SharedLooks::Folder::look(WallTime now) {
  struct stat found {};
  const bool was_hiding = std::exchange(may_hide_change_, true);
  if (stat(path_.c_str(), &found) != 0) {
    ++state_;
    device_ = 0;
    inode_ = 0;
    return;
  }
  const bool is_same_folder = found.st_dev == device_ && found.st_ino == inode_;
  if (!is_same_folder) {
    dates_each_change_ = dates_each_change(path_);
  }
  // By the date of status changes: nobody can set it.
  const bool is_unchanged = is_same_folder && found.st_ctim.tv_sec == changed_at_.tv_sec &&
                            found.st_ctim.tv_nsec == changed_at_.tv_nsec;
  if (!is_unchanged || was_hiding) {
    ++state_;
  }
  device_ = found.st_dev;
  inode_ = found.st_ino;
  changed_at_ = found.st_ctim;
  may_hide_change_ = !dates_each_change_ || now - wall_time(changed_at_) < kCoarsestTick;
}

void SharedLooks::begin_round() {
  ++round_;
  stays_open_below_ = stays_open_below();
}

std::shared_ptr<SharedLooks::Folder> SharedLooks::folder(const std::filesystem::path& path) {
  if (const auto found = folders_.find(path); found != folders_.end()) {
    if (auto folder = found->second.lock()) {
      return folder;
    }
  }
  std::erase_if(folders_, [](const auto& entry) { return entry.second.expired(); });
  auto folder = std::make_shared<Folder>(path);
  folders_[path] = folder;
  return folder;
}

std::uint64_t SharedLooks::state_of(Folder& folder) const {
  const SteadyTime now = clock_.now();
  if (folder.looked_in_ != round_ || now - folder.looked_at_ > kLongest) {
    folder.look(clock_.wall_now());
    folder.looked_in_ = round_;
    folder.looked_at_ = now;
  }
  return folder.state_;
}

}  // namespace wemol
