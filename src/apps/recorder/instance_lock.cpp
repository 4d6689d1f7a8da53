#include "instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wemol {
namespace {

std::string read_owner(int fd) {
  std::array<char, 32> buffer{};
  const ssize_t count = pread(fd, buffer.data(), buffer.size(), 0);
  std::string owner(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!owner.empty() && owner.back() == '\n') {
    owner.pop_back();
  }
  return owner.empty() ? "unknown" : owner;
}

}  // namespace

tl::expected<InstanceLock, InstanceLock::Refusal> InstanceLock::acquire(
    const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto path = folder / ".wemol-recorder.lock";
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  if (!file) {
    return tl::make_unexpected(
        Refusal{.message = fmt::format("{}: {}", path.string(), strerror(errno))});
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    if (code == EWOULDBLOCK) {
      return tl::make_unexpected(Refusal{
          .held_by_other = true,
          .message =
              fmt::format("another recorder (pid {}) already writes to {}: stop it first, or "
                          "give another --output-dir",
                          read_owner(file.get()), folder.string())});
    }
    return tl::make_unexpected(
        Refusal{.message = fmt::format("{}: {}", path.string(), strerror(code))});
  }
  const std::string owner = fmt::format("{}\n", getpid());
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
    // The lock holds all the same; only the message of a second instance lacks our pid.
  }
  return InstanceLock(path, std::move(file));
}

bool InstanceLock::is_in_place() const {
  struct stat ours {};
  struct stat found {};
  return fstat(file_.get(), &ours) == 0 && stat(path_.c_str(), &found) == 0 &&
         ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

FolderGuard::FolderGuard(std::filesystem::path folder,
                         tl::expected<InstanceLock, InstanceLock::Refusal> lock)
    : folder_(std::move(folder)), lock_(std::move(lock)) {}

Conditions FolderGuard::write(const Snapshot& /*snapshot*/) {
  if (!lock_ || !lock_->is_in_place()) {
    lock_ = InstanceLock::acquire(folder_);
  }
  if (lock_) {
    return {};
  }
  const InstanceLock::Refusal& refusal = lock_.error();
  return {{.key = "output folder not locked",
           .severity = Severity::error,
           .message = refusal.held_by_other
                          ? refusal.message + "; both write their rows until then"
                          : "the output folder cannot be locked against a second recorder: " +
                                refusal.message}};
}

}  // namespace wemol
