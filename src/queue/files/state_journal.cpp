#include "state_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

tl::unexpected<Error> failed(const std::filesystem::path& path, int code) {
  return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
}

/// 0 or the errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return 0;
}

}  // namespace

Result<void> StateJournal::open_for_append() {
  fd_.reset(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status {};
  if (!fd_ || fstat(fd_.get(), &status) != 0) {
    return failed(path_, errno);
  }
  length_bytes_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Result<void> StateJournal::open(const std::function<void(std::string_view)>& line) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30U;
  const auto text = SystemFileReader().read(path_, kMostBytes);
  if (!text && text.error().code != ENOENT) {
    return tl::make_unexpected(text.error());
  }
  if (auto opened = open_for_append(); !opened) {
    return opened;
  }
  if (!text) {
    const int code = sync_folder(path_.parent_path());
    return code == 0 ? Result<void>() : failed(path_.parent_path(), code);
  }
  std::string_view rest = *text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  length_bytes_ -= rest.size();
  if (!rest.empty() && ftruncate(fd_.get(), static_cast<off_t>(length_bytes_)) != 0) {
    return failed(path_, errno);
  }
  return {};
}

Result<void> StateJournal::append(std::string line) {
  line += '\n';
  // What an append before has left behind, if it could not be taken off then.
  if (ftruncate(fd_.get(), static_cast<off_t>(length_bytes_)) != 0) {
    return failed(path_, errno);
  }
  int code = write_all(fd_.get(), line);
  if (code == 0 && fdatasync(fd_.get()) != 0) {
    code = errno;
  }
  if (code != 0) {
    if (ftruncate(fd_.get(), static_cast<off_t>(length_bytes_)) != 0) {
      // The next append takes it off.
    }
    return failed(path_, code);
  }
  length_bytes_ += line.size();
  return {};
}

bool StateJournal::has_to_be_replaced() const {
  constexpr std::uint64_t kSmallBytes = std::uint64_t{1} << 20U;
  constexpr std::uint64_t kTimes = 4;
  struct stat status {};
  const bool is_gone = fstat(fd_.get(), &status) != 0 || status.st_nlink == 0;
  return is_gone || length_bytes_ > kSmallBytes + kTimes * replaced_bytes_;
}

Result<void> StateJournal::replace(std::span<const std::string_view> lines) {
  constexpr mode_t kPrivate = 0600;
  if (auto replaced = replace_file(path_, lines, Durability::at_once, kPrivate); !replaced) {
    return replaced;
  }
  auto opened = open_for_append();
  replaced_bytes_ = length_bytes_;
  return opened;
}

}  // namespace wemol::queue
