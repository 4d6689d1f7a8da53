#include "files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace wemol {

namespace {

constexpr rlim_t kOpenedInPassing = 20;

/// 0 when it is unknown.
rlim_t descriptors_at_most() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace

std::uint64_t stays_open_below() {
  return descriptors_at_most() / 2;
}

bool may_stay_open(int fd) {
  return static_cast<std::uint64_t>(fd) < stays_open_below();
}

bool leaves_enough(int fd) {
  return static_cast<rlim_t>(fd) + kOpenedInPassing < descriptors_at_most();
}

void open_missing_standard_streams() {
  int fd = -1;
  do {
    fd = open("/dev/null", O_RDWR);  // takes the lowest free number
  } while (fd >= 0 && fd <= STDERR_FILENO);
  close(fd);
}

namespace {

std::filesystem::path parent_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  return parent.empty() ? "." : parent;
}

/// All of it, in as many pieces as the system likes. Nothing, or an errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return 0;
}

int write_draft(const std::filesystem::path& draft, std::span<const std::string_view> parts,
                Durability durability, mode_t mode) {
  // A file that another user has put there, in a folder such as /tmp, would stay theirs to write
  // to.
  unlink(draft.c_str());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
  const UniqueFd fd(open(draft.c_str(), kFlags, mode));
  if (!fd) {
    return errno;
  }
  for (const std::string_view part : parts) {
    if (const int code = write_all(fd.get(), part); code != 0) {
      return code;
    }
  }
  // Before it has its name: else a power cut can leave the name with nothing in it.
  return durability != Durability::by_and_by && fsync(fd.get()) != 0 ? errno : 0;
}

/// The folder of the file, and those above it, which may have been made a moment ago.
int sync_folders_of(const std::filesystem::path& path) {
  for (auto folder = parent_of(path);; folder = parent_of(folder)) {
    const int code = sync_folder(folder);
    if (code != 0 || folder == parent_of(folder)) {
      return code;
    }
  }
}

}  // namespace

int sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int code = fd && fsync(fd.get()) == 0 ? 0 : errno;
  return code == ENOENT || code == EACCES || code == EINVAL ? 0 : code;
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                          Durability durability, mode_t mode, std::string_view draft_suffix) {
  return replace_file(path, std::span(&content, 1), durability, mode, draft_suffix);
}

Result<void> replace_file(const std::filesystem::path& path,
                          std::span<const std::string_view> parts, Durability durability,
                          mode_t mode, std::string_view draft_suffix) {
  const auto failed = [](const std::filesystem::path& at, int code) {
    return failure(fmt::format("{}: {}", at.string(), strerror(code)), code);
  };
  const std::filesystem::path draft = path.string() + std::string(draft_suffix);
  struct stat status {};
  const bool is_first = stat(path.c_str(), &status) != 0;
  if (const int code = write_draft(draft, parts, durability, mode); code != 0) {
    return failed(draft, code);
  }
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    return failed(path, errno);
  }
  if (durability != Durability::at_once) {
    return {};
  }
  const int code = is_first ? sync_folders_of(path) : sync_folder(parent_of(path));
  return code == 0 ? Result<void>() : failed(parent_of(path), code);
}

Result<std::string> SystemFileReader::read(const std::filesystem::path& path,
                                           std::size_t max_bytes) const {
  const auto failed = [&](int code) {
    return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
  };
  // Opening a pipe can wait for ever and opening a device can have effects: look before opening.
  const UniqueFd location(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!location || fstat(location.get(), &status) != 0) {
    return failed(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return failure(fmt::format("{}: not a regular file", path.string()));
  }
  const auto too_large = [&] {
    return failure(fmt::format("{}: larger than {} bytes", path.string(), max_bytes));
  };
  if (status.st_size > 0 && static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    return too_large();
  }
  // O_NONBLOCK: whoever holds a lease on the file could make us wait, and reading some files of
  // the kernel waits for news.
  const UniqueFd file(open(fmt::format("/proc/self/fd/{}", location.get()).c_str(),
                           O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    return failed(errno);
  }
  std::string content;
  std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return failed(errno);
    }
    if (count == 0) {
      return content;
    }
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > max_bytes) {
      return too_large();
    }
  }
}

namespace {

Result<std::string_view> read_from_start(int fd, std::span<char> buffer) {
  std::size_t length = 0;
  while (length < buffer.size()) {
    const ssize_t count =
        pread(fd, buffer.data() + length, buffer.size() - length, static_cast<off_t>(length));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return failure(strerror(errno), errno);
    }
    length += static_cast<std::size_t>(count);
    // The kernel fills at most a page at once, and stops where the next line does not fit: only a
    // piece that leaves much room is surely the last one.
    constexpr ssize_t kSurelyLastBytes = 2048;
    if (count < kSurelyLastBytes) {
      break;
    }
  }
  return std::string_view(buffer.data(), length);
}

}  // namespace

Result<PersistentFile> PersistentFile::open(const std::filesystem::path& path) {
  PersistentFile file;
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.fd_ || fstat(file.fd_.get(), &status) != 0) {
    const int code = errno;
    return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
  }
  file.inode_ = status.st_ino;
  if (!may_stay_open(file.fd_.get())) {
    file.fd_.reset();
    file.path_ = path;
  }
  return file;
}

Result<std::string_view> PersistentFile::read(std::span<char> buffer) const {
  if (path_.empty()) {
    return read_from_start(fd_.get(), buffer);
  }
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  return fd ? read_from_start(fd.get(), buffer) : failure(strerror(errno), errno);
}

}  // namespace wemol
