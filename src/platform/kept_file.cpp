#include "kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace wemol {

Result<KeptFile> KeptFile::open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int code = errno;
    return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
  }
  return KeptFile(std::move(fd));
}

Result<std::string_view> KeptFile::read(std::span<char> buffer) const {
  std::size_t length = 0;
  while (length < buffer.size()) {
    const ssize_t count = pread(fd_.get(), buffer.data() + length, buffer.size() - length,
                                static_cast<off_t>(length));
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

ino_t KeptFile::inode() const {
  struct stat status {};
  return fstat(fd_.get(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace wemol
