#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "unique_fd.h"

namespace wemol {

/// A small file of the kernel (control groups, /proc) that is read again and again: it stays open
/// and each reading begins at its start, which makes the kernel write it anew. When half of the
/// descriptors that the process may have are in use, it is opened for each reading instead.
class KeptFile {
 public:
  KeptFile() = default;  ///< is no file: reading fails

  [[nodiscard]] static Result<KeptFile> open(const std::filesystem::path& path);

  /// The text as it is now, in `buffer`; what does not fit is left out. The error's code is the
  /// errno: ENODEV when the control group is gone, ESRCH when the process is.
  [[nodiscard]] Result<std::string_view> read(std::span<char> buffer) const;

  [[nodiscard]] bool is_file() const { return inode_ != 0; }
  /// Tells files of /proc apart: the files of one network namespace are the same ones for all
  /// processes in it.
  [[nodiscard]] ino_t inode() const { return inode_; }

 private:
  UniqueFd fd_;
  std::string path_;  ///< where the file did not stay open
  ino_t inode_ = 0;
};

}  // namespace wemol
