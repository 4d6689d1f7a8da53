#include "card_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "card_holder.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

constexpr mode_t kFolderMode = 01777;
/// All may open it to lock it, which takes no right to write.
constexpr mode_t kLockMode = 0644;
/// Another scheduler that only looks holds the lock for some microseconds.
constexpr int kLockTries = 4;
constexpr auto kPause = 500us;

std::string name_of_lock(const std::string& uuid) {
  return card_file_name(uuid) + ".lock";
}

/// A UUID comes from a driver, and becomes the name of a file.
bool is_good_name(const std::string& uuid) {
  return !uuid.empty() && uuid.front() != '.' &&
         card_file_name(uuid).find('/') == std::string::npos && uuid.size() < 200;
}

/// Without O_CREAT first: in a sticky folder the kernel refuses that flag for the files of others
/// (fs.protected_regular). Whatever is no file is not waited for.
UniqueFd open_lock(int folder, const std::string& name) {
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  UniqueFd fd(openat(folder, name.c_str(), kFlags));
  if (!fd && errno == ENOENT) {
    fd.reset(openat(folder, name.c_str(), kFlags | O_CREAT | O_EXCL, kLockMode));
    if (fd) {
      fchmod(fd.get(), kLockMode);  // whatever the umask is
    } else if (errno == EEXIST) {
      fd.reset(openat(folder, name.c_str(), kFlags));
    }
  }
  return fd;
}

/// Whether the name still is that file: else whoever comes next locks another one.
bool is_still_at(int folder, const std::string& name, int fd) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) &&
         fstatat(folder, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::string why_no_folder(const std::filesystem::path& folder, int code) {
  return fmt::format("{}: {}; cards are not reserved against the schedulers of other users",
                     folder.string(), strerror(code));
}

}  // namespace

CardLocks::CardLocks(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (mkdir(folder_.c_str(), kFolderMode) == 0) {
    chmod(folder_.c_str(), kFolderMode);  // whatever the umask is
  }
  const int made = errno;
  folder_fd_.reset(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder_fd_) {
    why_alone_ = why_no_folder(folder_, errno == ENOENT ? made : errno);
  } else if (faccessat(folder_fd_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    why_alone_ = why_no_folder(folder_, errno);
  }
  if (why_alone_) {
    folder_fd_.reset();
    folder_.clear();
  }
}

Result<CardLock> CardLocks::lock(const std::string& uuid) const {
  if (!folder_fd_) {
    return CardLock{.uuid = uuid};
  }
  const std::string name = name_of_lock(uuid);
  if (!is_good_name(uuid)) {
    return failure(fmt::format("{} is no name of a card", uuid), EINVAL);
  }
  int code = EWOULDBLOCK;
  for (int i = 0; i < kLockTries; ++i) {
    UniqueFd fd = open_lock(folder_fd_.get(), name);
    if (!fd) {
      code = errno;
      break;
    }
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      code = errno;
    } else if (is_still_at(folder_fd_.get(), name, fd.get())) {
      return CardLock{.uuid = uuid, .fd = std::move(fd)};
    }
    std::this_thread::sleep_for(kPause);
  }
  return failure(code == EWOULDBLOCK
                     ? fmt::format("card {} is held by another scheduler", uuid)
                     : fmt::format("{}: {}", (folder_ / name).string(), strerror(code)),
                 code);
}

bool CardLocks::is_locked(const std::string& uuid) const {
  if (!folder_fd_ || !is_good_name(uuid)) {
    return false;
  }
  const UniqueFd fd(openat(folder_fd_.get(), name_of_lock(uuid).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // Shared, so that two who look do not see each other.
  return fd && flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace wemol::queue
