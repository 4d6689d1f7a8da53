#include "report_program.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "report_text.h"
#include "terminal.h"

namespace wemol::report {
namespace {

bool wants_color(const ReportOptions& options, const Terminal& terminal) {
  if (options.color == ColorChoice::automatic) {
    return color_is_welcome(terminal, std::getenv("NO_COLOR"), std::getenv("TERM"));
  }
  return options.color == ColorChoice::always;
}

Result<void> show(const ReportOptions& options, const Terminal& terminal, const std::string& text) {
  const std::string pager = pager_command(std::getenv("PAGER"));
  const bool has_pager = options.pager && terminal.is_terminal && !pager.empty();
  return has_pager && is_longer_than_screen(text, terminal) ? show_in_pager(pager, text)
                                                            : write_to_output(text);
}

void print_error(const std::string& text) {
  fmt::print(stderr, "wemol-report: {}\n", text);
}

}  // namespace

int run_report(const ReportOptions& options, WallTime now) {
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  const bool shows_progress = terminal_of(STDERR_FILENO).is_terminal;
  ProgressLine line(std::chrono::steady_clock::now());
  const auto report = report_text(
      options, now, {.width = terminal.width, .color = wants_color(options, terminal)},
      [&](std::uint64_t done, std::uint64_t in_all) {
        const auto text = shows_progress ? line.next(done, in_all, std::chrono::steady_clock::now())
                                         : std::nullopt;
        if (text) {
          fmt::print(stderr, "{}", *text);
        }
      });
  fmt::print(stderr, "{}", line.wiped());
  if (!report) {
    print_error(report.error().message);
    return 1;
  }
  for (const std::string& text : bad_line_texts(report->reading)) {
    print_error(text);
  }
  const auto shown = show(options, terminal, report->text);
  if (!shown) {
    print_error(shown.error().message);
    return 1;
  }
  return 0;
}

}  // namespace wemol::report
