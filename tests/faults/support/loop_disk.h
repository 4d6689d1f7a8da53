#pragma once

#include <filesystem>

namespace wemol::faults {

/// A small ext4 file system in a file, which can be made to fail. It is unmounted at the end.
class LoopDisk {
 public:
  /// Mounts it at `where`. It is not available where mkfs.ext4 or loop devices are missing.
  LoopDisk(const std::filesystem::path& image, std::filesystem::path where);
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  [[nodiscard]] bool available() const { return available_; }
  /// Whoever writes to it hangs until thaw().
  void freeze() const;
  void thaw() const;
  /// An error in its structures, after which the kernel lets nobody write to it. What was written
  /// before is on the disk.
  void meet_an_error() const;
  /// As an administrator repairs it: unmounts, checks and mounts it again. False while files on it
  /// are open.
  [[nodiscard]] bool repair();

 private:
  [[nodiscard]] bool mount() const;
  [[nodiscard]] bool unmount() const;

  std::filesystem::path image_;
  std::filesystem::path where_;
  bool available_ = false;
};

}  // namespace wemol::faults
