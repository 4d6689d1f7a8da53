// Loaded before libc (LD_PRELOAD): below the folder that the environment names in HANGING_FOLDER
// nothing answers while the file exists that it names in HANGING_WHILE: opening, looking, reading,
// writing, syncing, making and renaming wait until it is gone. As with NFS whose server is away.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// By bare system calls, which nothing here stands before.
bool hangs_now() {
  const char* const flag = std::getenv("HANGING_WHILE");
  return flag != nullptr && syscall(SYS_faccessat, AT_FDCWD, flag, F_OK) == 0;
}

void wait_below(std::string_view path) {
  const std::string_view folder = variable("HANGING_FOLDER");
  if (folder.empty() || !path.starts_with(folder) ||
      (path.size() > folder.size() && path[folder.size()] != '/')) {
    return;
  }
  const int before = errno;
  while (hangs_now()) {
    usleep(10'000);
  }
  errno = before;
}

/// A relative path is one below the working directory.
void wait_for_path(const char* path) {
  if (path == nullptr || path[0] == '/') {
    wait_below(path == nullptr ? "" : path);
    return;
  }
  std::array<char, PATH_MAX> whole{};
  const long length = syscall(SYS_getcwd, whole.data(), whole.size());
  if (length > 0) {
    const auto end = static_cast<std::size_t>(length) - 1;
    std::snprintf(whole.data() + end, whole.size() - end, "/%s", path);
    wait_below(whole.data());
  }
}

void wait_for_file(int fd) {
  std::array<char, 64> link{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  std::array<char, PATH_MAX> path{};
  const long length = syscall(SYS_readlinkat, AT_FDCWD, link.data(), path.data(), path.size());
  if (length > 0) {
    wait_below({path.data(), static_cast<std::size_t>(length)});
  }
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

mode_t mode_in(int flags, va_list rest) {
  const bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return has_mode ? va_arg(rest, mode_t) : 0;
}

}  // namespace

extern "C" {

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's are reserved names
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  wait_for_path(path);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  wait_for_path(path);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  folder == AT_FDCWD ? wait_for_path(path) : wait_for_file(folder);
  return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
}

int stat(const char* __restrict path, struct stat* __restrict out) noexcept {
  static auto* const real = next<int(const char*, struct stat*)>("stat");
  wait_for_path(path);
  return real(path, out);
}

int fstat(int fd, struct stat* out) noexcept {
  static auto* const real = next<int(int, struct stat*)>("fstat");
  wait_for_file(fd);
  return real(fd, out);
}

ssize_t read(int fd, void* buffer, size_t size) {
  wait_for_file(fd);
  return syscall(SYS_read, fd, buffer, size);
}

ssize_t write(int fd, const void* buffer, size_t size) {
  wait_for_file(fd);
  return syscall(SYS_write, fd, buffer, size);
}

int fsync(int fd) {
  wait_for_file(fd);
  return static_cast<int>(syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  wait_for_file(fd);
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

int mkdir(const char* path, mode_t mode) noexcept {
  wait_for_path(path);
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rename(const char* from, const char* to) noexcept {
  wait_for_path(from);
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
