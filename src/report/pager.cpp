#include "pager.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace wemol::report {
namespace {

constexpr const char* kUsualPager = "less -FRX";

/// False with errno set.
bool write_all(const std::string& text, FILE* file) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

}  // namespace

std::string pager_command(const char* pager) {
  return pager == nullptr ? kUsualPager : pager;
}

bool is_longer_than_screen(const std::string& text, const Terminal& terminal) {
  // One line is left to the shell's prompt.
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) >= terminal.height;
}

Result<void> write_to_output(const std::string& text) {
  if (!write_all(text, stdout) && errno != EPIPE) {
    return failure(fmt::format("cannot write to standard output: {}", std::strerror(errno)), errno);
  }
  return {};
}

Result<void> show_in_pager(const std::string& command, const std::string& text) {
  FILE* const pager = popen(command.c_str(), "w");
  if (pager == nullptr) {
    return failure(fmt::format("cannot start the pager {}: {}", command, std::strerror(errno)),
                   errno);
  }
  // Whoever leaves the pager early must not end this program before the pager; that one has the
  // signal as it was.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it cannot fail
  static_cast<void>(write_all(text, pager));
  constexpr int kNotFound = 127;
  const int status = pclose(pager);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) {
    return write_to_output(text);  // there is no such program
  }
  return {};
}

}  // namespace wemol::report
