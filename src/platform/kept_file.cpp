#include "kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "descriptor_limit.h"

namespace wemol {

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

Result<KeptFile> KeptFile::open(const std::filesystem::path& path) {
  KeptFile file;
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

Result<std::string_view> KeptFile::read(std::span<char> buffer) const {
  if (path_.empty()) {
    return read_from_start(fd_.get(), buffer);
  }
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  return fd ? read_from_start(fd.get(), buffer) : failure(strerror(errno), errno);
}

}  // namespace wemol
