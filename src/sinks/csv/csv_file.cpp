#include "csv_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "unique_fd.h"

namespace wemol {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineEnd = "\r\n";

AppendError error_at(const std::filesystem::path& path, int code) {
  return {.code = code, .message = fmt::format("{}: {}", path.string(), strerror(code))};
}

/// Errors of making a folder that may pass while we wait: rows are better kept meanwhile.
bool may_pass(int code) {
  return code == ENOSPC || code == EDQUOT || code == EIO || code == ENOMEM || code == EMFILE ||
         code == ENFILE;
}

/// What stands there is not a file of rows: like a file with another header.
bool is_something_else(int code) {
  return code == EISDIR || code == ENXIO || code == ELOOP;
}

/// Whether the file begins with the header, whatever its line end, and a byte order mark or none.
bool begins_with_header(int fd, std::string_view header) {
  header.remove_suffix(kLineEnd.size());
  std::string begin(kByteOrderMark.size() + header.size() + 1, '\0');
  const ssize_t count = pread(fd, begin.data(), begin.size(), 0);
  if (count < 0) {
    return false;
  }
  std::string_view text(begin.data(), static_cast<std::size_t>(count));
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (!text.starts_with(header)) {
    return false;
  }
  text.remove_prefix(header.size());
  return text.empty() || text.front() == '\r' || text.front() == '\n';
}

/// What the last line lacks of its end.
std::string_view missing_line_end(int fd, off_t size) {
  char last = 0;
  if (pread(fd, &last, 1, size - 1) != 1 || last == '\n') {
    return {};
  }
  return last == '\r' ? kLineEnd.substr(1) : kLineEnd;
}

}  // namespace

/// One of the numbered files, opened and found fit for rows.
class CsvFile::OpenFile {
 public:
  OpenFile(UniqueFd fd, struct stat status, std::filesystem::path path)
      : fd_(std::move(fd)), status_(status), path_(std::move(path)) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] off_t size() const { return status_.st_size; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Fingerprint fingerprint(off_t size) const {
    return {.device = status_.st_dev, .inode = status_.st_ino, .size = size};
  }

 private:
  UniqueFd fd_;
  struct stat status_;
  std::filesystem::path path_;
};

CsvFile::CsvFile(std::filesystem::path folder, std::string stem, std::string_view header)
    : folder_(std::move(folder)), stem_(std::move(stem)), header_(header) {}

std::filesystem::path CsvFile::numbered_path(unsigned number) const {
  return folder_ / (number == 1 ? stem_ + ".csv" : fmt::format("{}-{}.csv", stem_, number));
}

tl::expected<CsvFile::OpenFile, AppendError> CsvFile::open_own_file() {
  constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  constexpr mode_t kMode = 0644;
  for (unsigned number = 1;; ++number) {
    std::filesystem::path path = numbered_path(number);
    UniqueFd fd(open(path.c_str(), kFlags, kMode));
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) {
      std::error_code error;
      std::filesystem::create_directories(folder_, error);
      if (error) {
        AppendError failure = error_at(folder_, error.value());
        failure.no_folder = !may_pass(error.value());
        return tl::make_unexpected(std::move(failure));
      }
      fd.reset(open(path.c_str(), kFlags, kMode));
    }
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
      if (is_something_else(errno)) {
        continue;
      }
      return tl::make_unexpected(error_at(path, errno));
    }
    OpenFile file(std::move(fd), status, std::move(path));
    const bool is_own = file.size() == 0 || file.fingerprint(file.size()) == last_ ||
                        begins_with_header(file.fd(), header_);
    if (S_ISREG(status.st_mode) && is_own) {
      return file;
    }
  }
}

tl::expected<std::filesystem::path, AppendError> CsvFile::append(std::string_view row) {
  auto file = open_own_file();
  if (!file) {
    return tl::make_unexpected(std::move(file.error()));
  }
  const off_t old_size = file->size();
  std::string text;
  if (old_size == 0) {
    text = header_;
  } else if (file->fingerprint(old_size) != last_) {
    text = missing_line_end(file->fd(), old_size);
  }
  text += row;
  const ssize_t written = write(file->fd(), text.data(), text.size());
  const auto length = static_cast<ssize_t>(text.size());
  if (written != length) {
    const int code = written < 0 ? errno : ENOSPC;
    // Nobody else appends to this file: what lies beyond the old size is our own half.
    if (written > 0 && ftruncate(file->fd(), old_size) != 0) {
      last_.reset();  // a line end will be put behind the half row
    }
    return tl::make_unexpected(error_at(file->path(), code));
  }
  last_ = file->fingerprint(old_size + length);
  // Starts the transfer and does not wait for it.
  sync_file_range(file->fd(), old_size, length, SYNC_FILE_RANGE_WRITE);
  return file->path();
}

}  // namespace wemol
