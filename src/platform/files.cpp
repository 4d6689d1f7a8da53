#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "unique_fd.h"

namespace wemol {

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

}  // namespace wemol
