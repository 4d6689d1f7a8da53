#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "figure_text.h"

namespace wemol::report {

Terminal terminal_of(int descriptor) {
  Terminal terminal{.is_terminal = isatty(descriptor) == 1};
  winsize size{};
  if (terminal.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
      size.ws_row > 0) {
    terminal.width = size.ws_col;
    terminal.height = size.ws_row;
  }
  return terminal;
}

bool color_is_welcome(const Terminal& terminal, const char* no_color, const char* term) {
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  const bool is_dumb = term != nullptr && std::string_view(term) == "dumb";
  return terminal.is_terminal && !is_refused && !is_dumb;
}

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

namespace {

using namespace std::chrono_literals;

constexpr auto kFirstAfter = 1s;
constexpr auto kThenEvery = 200ms;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

std::optional<std::string> ProgressLine::next(std::uint64_t done, std::uint64_t in_all, Time now) {
  if (now - shown_at_ < (is_shown_ ? kThenEvery : kFirstAfter)) {
    return std::nullopt;
  }
  shown_at_ = now;
  is_shown_ = true;
  const std::uint64_t percent = in_all > 0 ? std::min<std::uint64_t>(100, done * 100 / in_all) : 0;
  return fmt::format("{}reading {}: {} %", kEraseLine, bytes_text(static_cast<double>(in_all)),
                     percent);
}

std::string ProgressLine::wiped() const {
  return is_shown_ ? kEraseLine : "";
}

}  // namespace wemol::report
