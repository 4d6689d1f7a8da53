#include "state_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "files.h"

namespace wemol::hub {
namespace {

constexpr std::size_t kMostBytes = std::size_t{8} << 20;
constexpr mode_t kPrivate = 0600;
constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;

}  // namespace

Result<std::string> StateFile::read() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) {
    const int code = errno;
    return code == ENOENT ? Result<std::string>(std::string())
                          : failure(fmt::format("{}: {}", path_.string(), strerror(code)), code);
  }
  if ((status.st_mode & kOfOthers) != 0) {
    return failure(fmt::format("{} is open to other users (mode {:04o}): chmod 600 {}",
                               path_.string(), status.st_mode & 07777U, path_.string()));
  }
  return SystemFileReader().read(path_, kMostBytes);
}

Result<void> StateFile::update(
    const std::function<Result<std::string>(const std::string& content)>& change) const {
  const std::filesystem::path lock_path = path_.string() + ".lock";
  const UniqueFd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivate));
  if (!lock || flock(lock.get(), LOCK_EX) != 0) {
    return failure(fmt::format("{}: {}", lock_path.string(), strerror(errno)), errno);
  }
  const auto content = read();
  if (!content) {
    return tl::make_unexpected(content.error());
  }
  const auto changed = change(*content);
  if (!changed) {
    return tl::make_unexpected(changed.error());
  }
  return replace_file(path_, *changed, Durability::at_once, kPrivate);
}

bool StateFile::has_changed() {
  struct stat now {};
  (void)stat(path_.c_str(), &now);  // all zeros where there is none
  const bool is_same = was_asked_ && now.st_ino == seen_.st_ino && now.st_size == seen_.st_size &&
                       now.st_mtim.tv_sec == seen_.st_mtim.tv_sec &&
                       now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
  was_asked_ = true;
  seen_ = now;
  return !is_same;
}

}  // namespace wemol::hub
