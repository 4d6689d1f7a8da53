#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/result.h>

namespace wemol {

/// Owns one file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset(std::exchange(other.fd_, -1));
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  /// Gives it to another owner.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// Whether a descriptor that spares an open() may stay open: while less than half of those that the
/// process may have are in use. The lowest free number is given to each new one, so its number
/// tells how many there are.
[[nodiscard]] bool may_stay_open(int fd);
/// The bound of may_stay_open(), for many descriptors at a time.
[[nodiscard]] std::uint64_t stays_open_below();

/// Whether enough are free above this new one for what the program opens in passing: connections to
/// the engine, a command or helper with its pipes, the file of a row.
[[nodiscard]] bool leaves_enough(int fd);

/// Opens /dev/null for each of the standard streams that was closed when the program was started
/// (`2>&-`). Otherwise a CSV could get the number of standard error, and the log lines with it.
void open_missing_standard_streams();

/// The border to files that are read whole.
class FileReader {
 public:
  FileReader() = default;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  virtual ~FileReader() = default;

  /// The content of a regular file (files under /proc are such). Anything else (folder, pipe,
  /// device) is an error and is never waited for, and so is a file of more than `max_bytes`.
  [[nodiscard]] virtual Result<std::string> read(const std::filesystem::path& path,
                                                 std::size_t max_bytes) const = 0;

  /// The first file that can be read, behind the errors of those before it: one result per path up
  /// to that file, or for each path. Those behind it are not touched.
  [[nodiscard]] virtual std::vector<Result<std::string>> read_first(
      std::span<const std::filesystem::path> paths, std::size_t max_bytes) const {
    std::vector<Result<std::string>> texts;
    texts.reserve(paths.size());
    for (const std::filesystem::path& path : paths) {
      texts.push_back(read(path, max_bytes));
      if (texts.back()) {
        break;
      }
    }
    return texts;
  }
};

class SystemFileReader : public FileReader {
 public:
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override;
};

/// Puts the names in a folder on the disk. Nothing, or an errno. A folder that is gone meanwhile,
/// that is not ours to open, or whose file system has no such thing is no failure.
[[nodiscard]] int sync_folder(const std::filesystem::path& folder);

enum class Durability {
  by_and_by,  ///< a power cut may leave the old file, or an empty one
  whole,   ///< a power cut leaves the old file or the new one; sync_folder() makes it the new one
  at_once  ///< a power cut leaves the old file or the new one, and after the return the new one
};

/// Replaces a file as a whole, by a draft beside it (its name and `draft_suffix`) that takes its
/// name. Whoever reads it meanwhile, or after a crash of this program, finds the old content or the
/// new one. A link or anything else that is not a file in the draft's place is refused, not
/// followed. The file has the mode from its first byte on: for secrets 0600.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                                        Durability durability, mode_t mode = 0644,
                                        std::string_view draft_suffix = ".new");
/// The same with the parts one after the other, for what is not to be in memory as a whole.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path,
                                        std::span<const std::string_view> parts,
                                        Durability durability, mode_t mode = 0644,
                                        std::string_view draft_suffix = ".new");

/// A small file of the kernel (control groups, /proc) that is read again and again: it stays open
/// and each reading begins at its start, which makes the kernel write it anew. When half of the
/// descriptors that the process may have are in use, it is opened for each reading instead.
class PersistentFile {
 public:
  PersistentFile() = default;  ///< is no file: reading fails

  [[nodiscard]] static Result<PersistentFile> open(const std::filesystem::path& path);

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
