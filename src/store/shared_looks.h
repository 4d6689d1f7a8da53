#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>

#include "clock.h"

namespace wemol {

/// The clocks of the host; nobody waits by it.
[[nodiscard]] const Clock& host_clock();

/// What the rows of a round have in common, so that it is asked once and not once per row: whether
/// a folder still holds the same files, the time, and how many descriptors the process may have.
class SharedLooks {
 public:
  /// A file system dates a folder anew whenever a name in it is added, removed or given to another
  /// file. As long as the date is the same, each name stands for the file that it stood for.
  class Folder {
   public:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

    [[nodiscard]] dev_t device() const { return device_; }

   private:
    friend class SharedLooks;

    void look(WallTime now);

    std::filesystem::path path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    timespec changed_at_{};
    bool dates_each_change_ = false;  ///< this file system does, and in time
    bool may_hide_change_ = true;     ///< one that comes right after the last look
    std::uint64_t state_ = 0;
    std::uint64_t looked_in_ = 0;  ///< round
    SteadyTime looked_at_;
  };

  explicit SharedLooks(const Clock& clock) : clock_(clock) {}
  SharedLooks(const SharedLooks&) = delete;
  SharedLooks& operator=(const SharedLooks&) = delete;

  /// What was seen before is looked at again.
  void begin_round();

  /// Of a folder by its path; looks go with the last who has it.
  [[nodiscard]] std::shared_ptr<Folder> folder(const std::filesystem::path& path);

  /// A number that stays the same while each name in the folder stands for the same file; looks at
  /// most once per round and kLongest.
  [[nodiscard]] std::uint64_t state_of(Folder& folder) const;
  /// See files.h.
  [[nodiscard]] bool may_stay_open(int fd) const {
    return static_cast<std::uint64_t>(fd) < stays_open_below_;
  }
  [[nodiscard]] SteadyTime now() const { return clock_.now(); }

 private:
  const Clock& clock_;
  std::uint64_t round_ = 1;
  std::uint64_t stays_open_below_ = 0;
  std::map<std::filesystem::path, std::weak_ptr<Folder>> folders_;
};

}  // namespace wemol
