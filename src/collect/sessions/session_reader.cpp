#include "session_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "session_lists.h"

namespace wemol {
namespace {

/// The names in a folder that are sockets. Nothing: it cannot be listed.
std::optional<std::vector<std::string>> sockets_in(const std::filesystem::path& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(folder.get())) {
    struct stat status {};
    if (fstatat(dirfd(folder.get()), &entry->d_name[0], &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISSOCK(status.st_mode)) {
      names.emplace_back(&entry->d_name[0]);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

/// Of one user's sockets.
struct SessionReader::Folder {
  std::filesystem::path path;
  uid_t user = 0;
  gid_t group = 0;
  std::optional<std::vector<std::string>> sockets;  ///< absent: not ours to see
};

SessionReader::SessionReader(CommandRunner& runner, Places places, uid_t asker,
                             UserNames::Lookup name_of_user)
    : runner_(runner), places_(std::move(places)), asker_(asker), users_(std::move(name_of_user)) {}

std::vector<SessionReader::Folder> SessionReader::folders(const std::filesystem::path& place,
                                                          const std::string& prefix) {
  std::vector<Folder> found;
  std::error_code ignored;
  for (auto entry = std::filesystem::directory_iterator(place, ignored);
       !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    struct stat status {};
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || lstat(entry->path().c_str(), &status) != 0 ||
        !S_ISDIR(status.st_mode) || found.size() == kMostUsers) {
      continue;
    }
    Folder folder{.path = entry->path(), .user = status.st_uid, .group = status.st_gid};
    folder.sockets = sockets_in(folder.path);
    if (!folder.sockets || !folder.sockets->empty()) {
      found.push_back(std::move(folder));
    }
  }
  std::ranges::sort(found, {}, &Folder::path);
  return found;
}

std::string SessionReader::ask(const Folder& folder, const std::string& kind,
                               std::vector<std::string> argv) {
  if (folder.user != asker_) {
    std::vector<std::string> as_user{"setpriv",
                                     "--reuid",
                                     std::to_string(folder.user),
                                     "--regid",
                                     std::to_string(folder.group),
                                     "--clear-groups",
                                     "--reset-env",
                                     "--"};
    argv.insert(argv.begin(), as_user.begin(), as_user.end());
  }
  return runner_.run({.kind = kind, .argv = std::move(argv)}).standard_output;
}

void SessionReader::add(TerminalSessions found, const Folder& folder, TerminalSessions& all) const {
  for (TerminalSession& session : found) {
    session.user = users_.name_of(folder.user);
    all.push_back(std::move(session));
  }
}

std::optional<TerminalSessions> SessionReader::read_screen() {
  TerminalSessions all;
  bool is_all_seen = true;
  for (const Folder& folder : folders(places_.screen, "S-")) {
    if (!folder.sockets || (folder.user != asker_ && asker_ != 0)) {
      is_all_seen = false;
      continue;
    }
    add(parse_screen_list(ask(folder, "screen -ls", {"screen", "-ls"})), folder, all);
  }
  return is_all_seen || !all.empty() ? std::optional(std::move(all)) : std::nullopt;
}

std::optional<TerminalSessions> SessionReader::read_tmux() {
  TerminalSessions all;
  bool is_all_seen = true;
  for (const Folder& folder : folders(places_.tmux, "tmux-")) {
    if (!folder.sockets || (folder.user != asker_ && asker_ != 0)) {
      is_all_seen = false;
      continue;
    }
    for (const std::string& socket : *folder.sockets) {
      if (&socket - folder.sockets->data() >= static_cast<std::ptrdiff_t>(kMostTmuxServers)) {
        break;
      }
      add(parse_tmux_list(ask(folder, "tmux list-sessions",
                              {"tmux", "-S", (folder.path / socket).string(), "list-sessions", "-F",
                               std::string(kTmuxFormat)})),
          folder, all);
    }
  }
  return is_all_seen || !all.empty() ? std::optional(std::move(all)) : std::nullopt;
}

HostSessions SessionReader::read(SteadyTime now) {
  std::vector<std::uint32_t> owners;
  for (const auto& [place, prefix] :
       {std::pair(&places_.screen, "S-"), std::pair(&places_.tmux, "tmux-")}) {
    for (const Folder& folder : folders(*place, prefix)) {
      owners.push_back(folder.user);
    }
  }
  if (!owners.empty()) {
    users_.look_up(owners, now);
  }
  return {.screen = read_screen(), .tmux = read_tmux()};
}

}  // namespace wemol
