#include "card_holder_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "files.h"
#include "kernel_locks.h"

namespace wemol {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kMostLockBytes = std::size_t{8} << 20;

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;
/// By card: which users have a file there.
using Candidates = std::map<std::string, std::vector<std::uint32_t>>;

/// Null: it is not there. A link of its name is not followed: it could lead to a server that hangs.
Folder open_folder(const std::filesystem::path& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  Folder folder(fd ? fdopendir(fd.get()) : nullptr, closedir);
  if (folder) {
    (void)fd.release();
  }
  return folder;
}

Candidates candidates_in(DIR* folder) {
  Candidates candidates;
  std::size_t names = 0;
  while (const dirent* const entry = readdir(folder)) {
    if (++names > CardHolderReader::kMostNames) {
      break;
    }
    if (auto name = parse_holder_file_name(&entry->d_name[0])) {
      candidates[std::move(name->card)].push_back(name->user_id);
    }
  }
  return candidates;
}

std::optional<LockedFile> lock_file_of(int folder, const std::string& card) {
  struct stat status {};
  const std::string name = card + ".lock";
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return LockedFile{major(status.st_dev), minor(status.st_dev), status.st_ino};
}

/// The content of a file that `user_id` has written, and nobody else could have put there.
std::optional<std::string> own_text(int folder, const std::string& name, std::uint32_t user_id) {
  const UniqueFd fd(
      openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != user_id || status.st_nlink != 1) {  // a link could give it another card
    return std::nullopt;
  }
  std::array<char, kMostBytes + 1> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size < 0 || static_cast<std::size_t>(size) > kMostBytes) {
    return std::nullopt;
  }
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

/// Whose a process is, as far as /proc shows it.
std::optional<std::uint32_t> user_of(const std::filesystem::path& proc, pid_t pid) {
  struct stat status {};
  if (stat((proc / std::to_string(pid)).c_str(), &status) != 0) {
    return std::nullopt;
  }
  return status.st_uid;
}

/// Also where the mount's hidepid keeps it out of /proc.
bool is_alive(pid_t pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

/// What cannot be seen contradicts nothing, and what is root's in /proc may be another's: the
/// kernel shows a process so that has a secret to keep.
bool agrees(const std::optional<std::uint32_t>& seen, std::uint32_t user_id) {
  return !seen || *seen == user_id || *seen == 0;
}

/// One card with those who say that they hold it.
class CardOfFolder {
 public:
  CardOfFolder(int folder, const std::filesystem::path& proc, const std::string& card)
      : folder_(folder), proc_(proc), card_(card) {}

  [[nodiscard]] std::optional<CardHolder> holder(const std::vector<std::uint32_t>& user_ids,
                                                 pid_t locked_by) const {
    const auto locked_by_user = user_of(proc_, locked_by);
    std::optional<CardHolder> found;
    for (const std::uint32_t user_id : user_ids) {
      auto holder = agrees(locked_by_user, user_id) ? read(user_id) : std::nullopt;
      if (holder && found) {
        return std::nullopt;  // two of them hold it: one lies, and nothing tells which
      }
      if (holder) {
        found = std::move(holder);
      }
    }
    return found;
  }

 private:
  [[nodiscard]] std::optional<CardHolder> read(std::uint32_t user_id) const {
    const auto text = own_text(folder_, card_ + "." + std::to_string(user_id) + ".json", user_id);
    auto holder = text ? parse_card_holder(*text, card_) : Result<CardHolder>(failure(""));
    if (!holder || holder->user_id != user_id || holder->keeper_pid <= 0 ||
        !is_alive(holder->keeper_pid) || !agrees(user_of(proc_, holder->keeper_pid), user_id)) {
      return std::nullopt;
    }
    return std::move(*holder);
  }

  int folder_;
  const std::filesystem::path& proc_;
  const std::string& card_;
};

}  // namespace

std::optional<std::vector<CardHolder>> CardHolderReader::read() const {
  const Folder folder = open_folder(places_.folder);
  if (!folder) {
    return std::nullopt;
  }
  std::vector<CardHolder> holders;
  const Candidates candidates = candidates_in(folder.get());
  if (candidates.empty()) {
    return holders;
  }
  const auto locks = SystemFileReader().read(places_.proc / "locks", kMostLockBytes);
  if (!locks) {
    return std::nullopt;
  }
  const int fd = dirfd(folder.get());
  const auto held = parse_exclusive_flocks(*locks);
  for (const auto& [card, user_ids] : candidates) {
    const auto file = lock_file_of(fd, card);
    const auto lock = file ? held.find(*file) : held.end();
    if (lock == held.end()) {
      continue;
    }
    if (auto holder = CardOfFolder(fd, places_.proc, card).holder(user_ids, lock->second)) {
      holders.push_back(std::move(*holder));
    }
  }
  return holders;
}

}  // namespace wemol
