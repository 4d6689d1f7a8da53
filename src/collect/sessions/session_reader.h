#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "command_runner.h"
#include "terminal_session.h"
#include "user_names.h"

namespace wemol {

/// The sessions of this host. Absent: there are some of other users, which are theirs to see.
struct HostSessions {
  std::optional<TerminalSessions> screen;
  std::optional<TerminalSessions> tmux;
};

/// Asks `screen -ls` and `tmux list-sessions` for each user whose folder of sockets has some: none,
/// no command. Root asks as that user, by setpriv: a server of tmux can make its client run
/// anything. Others see their own sessions only.
class SessionReader {
 public:
  struct Places {
    std::filesystem::path screen = "/run/screen";  ///< has S-lin, S-maria, …
    std::filesystem::path tmux = "/tmp";           ///< has tmux-1000, tmux-1001, …
  };

  static constexpr std::size_t kMostUsers = 50;
  static constexpr std::size_t kMostTmuxServers = 20;  ///< of one user

  /// `asker` is the user that this program runs as.
  SessionReader(CommandRunner& runner, Places places, uid_t asker, UserNames::Lookup name_of_user);

  [[nodiscard]] HostSessions read(SteadyTime now);

 private:
  struct Folder;

  [[nodiscard]] static std::vector<Folder> folders(const std::filesystem::path& place,
                                                   const std::string& prefix);
  [[nodiscard]] std::optional<TerminalSessions> read_screen();
  [[nodiscard]] std::optional<TerminalSessions> read_tmux();
  [[nodiscard]] std::string ask(const Folder& folder, const std::string& kind,
                                std::vector<std::string> argv);
  void add(TerminalSessions found, const Folder& folder, TerminalSessions& all) const;

  CommandRunner& runner_;
  Places places_;
  uid_t asker_;
  UserNames users_;
};

}  // namespace wemol
