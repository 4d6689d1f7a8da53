#pragma once

#include <filesystem>
#include <memory>

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
  /// A disk of its own as this one would be found after a power cut now: with what has been written
  /// to the device so far, and nothing of what the kernel or a program still holds. Checked and
  /// mounted at `where`. None while the device is being written to all the time.
  [[nodiscard]] std::unique_ptr<LoopDisk> after_power_cut(const std::filesystem::path& image,
                                                          std::filesystem::path where) const;

 private:
  struct Existing {};
  LoopDisk(Existing, std::filesystem::path image, std::filesystem::path where);
  [[nodiscard]] bool mount() const;
  [[nodiscard]] bool unmount() const;

  std::filesystem::path image_;
  std::filesystem::path where_;
  bool available_ = false;
};

}  // namespace wemol::faults
