#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include <wemol/result.h>

#include "unique_fd.h"

namespace wemol {

/// A small file of the kernel (control groups, /proc) that is read again and again: it stays open
/// and each reading begins at its start, which makes the kernel write it anew.
class KeptFile {
 public:
  KeptFile() = default;  ///< is no file: reading fails with EBADF

  [[nodiscard]] static Result<KeptFile> open(const std::filesystem::path& path);

  /// The text as it is now, in `buffer`; what does not fit is left out. The error's code is the
  /// errno: ENODEV when the control group is gone, ESRCH when the process is.
  [[nodiscard]] Result<std::string_view> read(std::span<char> buffer) const;

  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  /// Tells files of /proc apart: the files of one network namespace are the same ones for all
  /// processes in it. 0 when it cannot be told.
  [[nodiscard]] ino_t inode() const;

 private:
  explicit KeptFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace wemol
