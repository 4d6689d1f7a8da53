#include "csv_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "files.h"

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

/// Why no name in the folder can be reached, for the folder is a link that leads in a circle or its
/// path is too long: every number would meet the same. 0 when it is not the folder.
int trouble_of_folder(const std::filesystem::path& folder, int code) {
  struct stat status {};
  if ((code != ELOOP && code != ENAMETOOLONG) || stat(folder.c_str(), &status) == 0) {
    return 0;
  }
  return errno == ELOOP || errno == ENAMETOOLONG ? errno : 0;
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

std::filesystem::path parent_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  return parent.empty() ? "." : parent;
}

/// What the last line lacks of its end.
std::string_view missing_line_end(int fd, off_t size) {
  char last = 0;
  if (pread(fd, &last, 1, size - 1) != 1 || last == '\n') {
    return {};
  }
  return last == '\r' ? kLineEnd.substr(1) : kLineEnd;
}

/// Has the file system lay room by for what is to be appended, so that a full disk refuses it
/// before half of it is written. Asks only where the text may need a new block. Returns an errno.
int reserve(int fd, off_t size, off_t length) {
  constexpr off_t kBlock = 4096;
  if (size % kBlock != 0 && size / kBlock == (size + length - 1) / kBlock) {
    return 0;
  }
  const bool refused = fallocate(fd, FALLOC_FL_KEEP_SIZE, size, length) != 0;
  // Any other error: the file system has no such thing, and the write will tell.
  return refused && (errno == ENOSPC || errno == EDQUOT) ? errno : 0;
}

}  // namespace

CsvFile::CsvFile(std::filesystem::path folder, std::string stem, std::string_view header,
                 SharedLooks* looks)
    : folder_(std::move(folder)),
      stem_(std::move(stem)),
      header_(header),
      looks_(looks),
      folder_look_(looks == nullptr ? nullptr : looks->folder(folder_)) {}

std::string CsvFile::numbered_path(unsigned number) const {
  return folder_ / (number == 1 ? stem_ + ".csv" : fmt::format("{}-{}.csv", stem_, number));
}

std::error_code CsvFile::make_folder() {
  // All the way up: the folders above may have been made a moment ago too, by somebody else.
  for (auto path = folder_; path != parent_of(path);) {
    path = parent_of(path);
    folders_to_sync_.insert(path);
  }
  std::error_code error;
  create_directories(folder_, error);
  return error;
}

tl::expected<void, AppendError> CsvFile::open_own_file() {
  constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  constexpr mode_t kMode = 0644;
  for (unsigned number = 1; number <= kMostNumbers; ++number) {
    std::string path = numbered_path(number);
    UniqueFd fd(open(path.c_str(), kFlags, kMode));
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) {
      if (const std::error_code error = make_folder()) {
        AppendError failure = error_at(folder_, error.value());
        failure.no_folder = !may_pass(error.value());
        return tl::make_unexpected(std::move(failure));
      }
      fd.reset(open(path.c_str(), kFlags, kMode));
    }
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
      const int code = errno;
      if (const int of_folder = trouble_of_folder(folder_, code); of_folder != 0) {
        AppendError failure = error_at(folder_, of_folder);
        failure.no_folder = true;
        return tl::make_unexpected(std::move(failure));
      }
      if (is_something_else(code)) {
        continue;
      }
      return tl::make_unexpected(error_at(path, code));
    }
    const off_t size = status.st_size;
    if (S_ISREG(status.st_mode) && (size == 0 || begins_with_header(fd.get(), header_))) {
      const std::string_view missing = size == 0 ? "" : missing_line_end(fd.get(), size);
      if (size == 0) {
        folders_to_sync_.insert(folder_);
      }
      path_ = std::move(path);
      file_ = OpenFile{.fd = std::move(fd),
                       .device = status.st_dev,
                       .inode = status.st_ino,
                       .size = size,
                       .missing_line_end = missing,
                       .is_first = number == 1,
                       .writeback_up_to = size};
      return {};
    }
  }
  return tl::make_unexpected(
      AppendError{.code = EEXIST,
                  .message = fmt::format("{} to {}: none is a file with this program's header",
                                         numbered_path(1), numbered_path(kMostNumbers))});
}

bool CsvFile::is_open_and_unchanged() {
  if (!file_) {
    return false;
  }
  // Before the look at the file: what happens in between is seen the next time.
  const std::uint64_t folder_state = folder_look_ ? looks_->state_of(*folder_look_) : 0;
  if (folder_state != 0 && folder_state == file_->folder_state) {
    return lseek(file_->fd.get(), 0, SEEK_END) == file_->size;
  }
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) {
    return false;
  }
  const bool is_link = S_ISLNK(status.st_mode);
  if (is_link && stat(path_.c_str(), &status) != 0) {
    return false;
  }
  // What a link leads to is in another folder, and what is mounted here in none.
  const bool is_in_folder = folder_look_ && !is_link && status.st_dev == folder_look_->device();
  file_->folder_state = is_in_folder ? folder_state : 0;
  return status.st_dev == file_->device && status.st_ino == file_->inode &&
         status.st_size == file_->size;
}

tl::expected<Appended, AppendError> CsvFile::append(std::string_view row) {
  bool is_continued = is_open_and_unchanged();
  if (!is_continued) {
    if (file_ && syncs_what_is_left_ && rows_to_sync_ > 0) {
      // Renamed, most likely: whoever wants to keep it. It cannot be helped where it fails.
      (void)fdatasync(file_->fd.get());
    }
    close();
    if (auto opened = open_own_file(); !opened) {
      return tl::make_unexpected(std::move(opened.error()));
    }
    is_continued =
        file_->size != 0 && left_ == Left{path_, file_->device, file_->inode, file_->size};
  }
  const off_t offset = file_->size;
  const std::string_view before = offset == 0 ? header_ : file_->missing_line_end;
  auto written = before.empty() ? write_whole(row) : write_whole(std::string(before).append(row));
  if (!written) {
    close();
    return tl::make_unexpected(std::move(written.error()));
  }
  file_->missing_line_end = {};
  ++rows_to_sync_;
  start_due_writeback();
  if (!stays_open()) {
    close();
  }
  return Appended{.offset = offset, .is_continued = is_continued && before.empty()};
}

/// All of it, or nothing.
tl::expected<void, AppendError> CsvFile::write_whole(std::string_view text) {
  const int fd = file_->fd.get();
  const auto length = static_cast<ssize_t>(text.size());
  if (const int code = reserve(fd, file_->size, length); code != 0) {
    return tl::make_unexpected(error_at(path_, code));
  }
  const ssize_t written = write(fd, text.data(), text.size());
  if (written != length) {
    const int code = written < 0 ? errno : ENOSPC;
    if (written > 0) {
      // Nobody else appends to this file: what lies beyond the old size is our own half. Where it
      // cannot be taken back, the next row finds that the line has no end.
      [[maybe_unused]] const int cut = ftruncate(fd, file_->size);
    }
    return tl::make_unexpected(error_at(path_, code));
  }
  file_->size += length;
  return {};
}

/// Of the later ones it has to be seen each time that those before it are still not fit.
bool CsvFile::stays_open() const {
  const int fd = file_->fd.get();
  return file_->is_first && (looks_ == nullptr ? may_stay_open(fd) : looks_->may_stay_open(fd));
}

void CsvFile::close() {
  if (!file_) {
    return;
  }
  start_writeback();
  left_ = Left{path_, file_->device, file_->inode, file_->size};
  file_.reset();
}

void CsvFile::start_writeback() {
  if (!file_ || file_->writeback_up_to >= file_->size) {
    return;
  }
  // Starts the transfer and does not wait for it.
  sync_file_range(file_->fd.get(), file_->writeback_up_to, file_->size - file_->writeback_up_to,
                  SYNC_FILE_RANGE_WRITE);
  file_->writeback_up_to = file_->size;
  file_->writeback_at = looks_ == nullptr ? SteadyTime() : looks_->now();
}

void CsvFile::start_due_writeback() {
  if (looks_ == nullptr || (file_ && looks_->now() - file_->writeback_at >= kWritebackEvery)) {
    start_writeback();
  }
}

tl::expected<void, AppendError> CsvFile::sync() {
  if (std::exchange(rows_to_sync_, 0) == 0) {
    return {};
  }
  const auto folders = std::exchange(folders_to_sync_, {});
  const UniqueFd again(file_ ? -1 : open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!file_ && !again) {
    return errno == ENOENT ? tl::expected<void, AppendError>()  // removed meanwhile
                           : tl::make_unexpected(error_at(path_, errno));
  }
  if (fdatasync(file_ ? file_->fd.get() : again.get()) != 0) {
    return tl::make_unexpected(error_at(path_, errno));
  }
  for (const auto& folder : folders) {
    if (const int code = sync_folder(folder); code != 0) {
      return tl::make_unexpected(error_at(folder, code));
    }
  }
  return {};
}

}  // namespace wemol
