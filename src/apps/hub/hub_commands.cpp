#include "hub_commands.h"

#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>

#include <fmt/format.h>

#include "secret.h"
#include "token_store.h"
#include "user_store.h"

namespace wemol::hub {
namespace {

int failed(const Error& error) {
  fmt::print(stderr, "wemol-hub: {}\n", error.message);
  return 1;
}

/// What root makes belongs to whom the folder belongs: the service, which is to read it.
void hand_over(const HubOptions& options, const std::filesystem::path& file) {
  struct stat folder {};
  if (geteuid() != 0 || stat(options.state_dir.c_str(), &folder) != 0) {
    return;
  }
  for (const std::string& path : {file.string(), file.string() + ".lock"}) {
    if (lchown(path.c_str(), folder.st_uid, folder.st_gid) != 0 && errno != ENOENT) {
      fmt::print(stderr, "wemol-hub: {} cannot be given to the service's user: {}\n", path,
                 strerror(errno));
    }
  }
}

int enroll(const HubOptions& options) {
  TokenStore tokens(options.token_file());
  const auto token = tokens.enroll(options.subject);
  if (!token) {
    return failed(token.error());
  }
  hand_over(options, options.token_file());
  fmt::print("{}\n", *token);
  if (isatty(STDOUT_FILENO) == 1) {
    fmt::print(stderr,
               "This is the token of {}, shown this once. Put it into a file of that host, and the "
               "file's name into hub-token-file of wemol-agent's settings.\n",
               options.subject);
  }
  return 0;
}

int list_hosts(const HubOptions& options) {
  TokenStore tokens(options.token_file());
  if (const auto read = tokens.refresh(); !read) {
    return failed(read.error());
  }
  for (const std::string& host : tokens.hosts()) {
    fmt::print("{}\n", host);
  }
  return 0;
}

int remove_host(const HubOptions& options) {
  TokenStore tokens(options.token_file());
  const auto revoked = tokens.revoke(options.subject);
  if (!revoked) {
    return failed(revoked.error());
  }
  hand_over(options, options.token_file());
  if (!*revoked) {
    return failed({fmt::format("{} has no token here: wemol-hub hosts lists those that have",
                               options.subject)});
  }
  return 0;
}

/// Switches the terminal's echo off while it is there.
class Quiet {
 public:
  Quiet() {
    is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (is_terminal_) {
      termios quiet = before_;
      quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    if (is_terminal_) {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
  }

 private:
  termios before_{};
  bool is_terminal_ = false;
};

Result<std::string> asked(const char* question) {
  const bool is_terminal = isatty(STDIN_FILENO) == 1;
  std::string line;
  if (is_terminal) {
    fmt::print(stderr, "{}", question);
  }
  {
    const Quiet quiet;
    if (!std::getline(std::cin, line)) {
      return failure("no password came from standard input");
    }
  }
  if (is_terminal) {
    fmt::print(stderr, "\n");
  }
  return line;
}

int set_password(const HubOptions& options) {
  const auto password = asked("New password: ");
  if (!password) {
    return failed(password.error());
  }
  if (isatty(STDIN_FILENO) == 1) {
    const auto again = asked("Once more: ");
    if (!again || *again != *password) {
      return failed({"the two are not the same; nothing was changed"});
    }
  }
  UserStore users(options.user_file());
  if (const auto set = users.set_password(options.subject, *password); !set) {
    return failed(set.error());
  }
  hand_over(options, options.user_file());
  return 0;
}

}  // namespace

int run_hub_command(const HubOptions& options) {
  begin_secrets();
  std::error_code error;
  if (!std::filesystem::is_directory(options.state_dir, error)) {
    return failed({fmt::format("{} is no folder: name the hub's with --state-dir",
                               options.state_dir.string())});
  }
  switch (options.command) {
    case HubCommand::enroll:
      return enroll(options);
    case HubCommand::hosts:
      return list_hosts(options);
    case HubCommand::remove:
      return remove_host(options);
    case HubCommand::set_password:
      return set_password(options);
    case HubCommand::serve:
      break;
  }
  return 0;
}

}  // namespace wemol::hub
