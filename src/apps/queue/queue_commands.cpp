#include "queue_commands.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "command_file.h"
#include "control_client.h"
#include "log_command.h"
#include "queue_program.h"
#include "status_document.h"
#include "text.h"

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;
using Action = Request::Action;

constexpr int kRefused = 1;
constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kEndedInTable = 20;

int refuse(const Error& error) {
  fmt::print(stderr, "wemol-queue: {}\n", printable(error.message));
  return kRefused;
}

report::TextStyle style_of_terminal() {
  report::TextStyle style;
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1) {
    const char* const no_color = std::getenv("NO_COLOR");
    style.color = no_color == nullptr || *no_color == '\0';
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      style.width = size.ws_col;
    }
  }
  return style;
}

std::string status_text(const ordered_json& status, const QueueOptions& options) {
  if (options.as_json) {
    return status.dump(options.watch ? -1 : 2) + "\n";
  }
  return report::document_text(status_document(status, std::chrono::system_clock::now()),
                               style_of_terminal());
}

/// All jobs, page by page: so the scheduler is not held up, however many there are.
Result<ordered_json> ask_all_jobs(const QueueOptions& options) {
  ordered_json jobs = ordered_json::array();
  std::optional<JobId> from = 0;
  while (from) {
    auto page = ask_scheduler(options.state_dir, {.wanted = {.page_from = from}}, kPatience);
    if (!page) {
      return page;
    }
    if (const auto list = page->find("jobs"); list != page->end() && list->is_array()) {
      std::ranges::move(*list, std::back_inserter(jobs));
    }
    const auto next = page->find("next_job");
    const bool goes_on =
        next != page->end() && next->is_number_unsigned() && next->get<JobId>() > *from;
    from = goes_on ? std::optional(next->get<JobId>()) : std::nullopt;
  }
  return jobs;
}

Result<ordered_json> ask_status(const QueueOptions& options) {
  JobsWanted wanted;
  if (options.all) {
    wanted = {.pending = 0, .ended = 0};
  } else if (!options.as_json) {
    wanted.ended = kEndedInTable;
  }
  auto status = ask_scheduler(options.state_dir, {.wanted = wanted}, kPatience);
  if (!status || !options.all) {
    return status;
  }
  auto jobs = ask_all_jobs(options);
  if (!jobs) {
    return jobs;
  }
  (*status)["jobs"] = std::move(*jobs);
  (*status)["jobs_left_out"] = {{"pending", 0}, {"ended", 0}};
  return status;
}

int show_status(const QueueOptions& options) {
  constexpr const char* kClearScreen = "\x1b[H\x1b[2J\x1b[3J";
  const bool clears = options.watch && !options.as_json && isatty(STDOUT_FILENO) == 1;
  while (true) {
    const auto status = ask_status(options);
    if (!status) {
      return refuse(status.error());
    }
    fmt::print("{}{}", clears ? kClearScreen : "", status_text(*status, options));
    if (std::fflush(stdout) != 0) {
      return kRefused;
    }
    if (!options.watch) {
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int change(const QueueOptions& options, Action action) {
  Request request{.action = action, .jobs = options.jobs, .queue = options.queue};
  if (action == Action::add) {
    request.spec = options.spec;
  }
  const auto answer = ask_scheduler(options.state_dir, request, kPatience);
  if (!answer) {
    return refuse(answer.error());
  }
  if (action == Action::add) {
    fmt::print("{}\n", answer->value("job", JobId{0}));
  } else if (const std::string done = answer->value("done", ""); !done.empty()) {
    fmt::print("{}\n", printable(done));
  }
  return 0;
}

int wait_for_jobs(const QueueOptions& options) {
  const auto answer =
      ask_scheduler(options.state_dir, {.action = Action::wait, .jobs = options.jobs}, {});
  if (!answer) {
    return refuse(answer.error());
  }
  return answer->value("all_succeeded", false) ? 0 : kRefused;
}

int check_command_file(const QueueOptions& options) {
  const auto reading = read_command_file(options.command_file);
  if (!reading) {
    fmt::print(stderr, "wemol-queue: {}\n", reading.error().message);
    return kUsageError;
  }
  fmt::print("{}", describe(*reading, options.command_file));
  return reading->errors.empty() ? 0 : kUsageError;
}

}  // namespace

int run_queue_command(const QueueOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  switch (options.command) {
    case QueueCommand::run:
      return run_scheduler(options);
    case QueueCommand::status:
      return show_status(options);
    case QueueCommand::add:
      return change(options, Action::add);
    case QueueCommand::cancel:
      return change(options, Action::cancel);
    case QueueCommand::retry:
      return change(options, Action::retry);
    case QueueCommand::skip:
      return change(options, Action::skip);
    case QueueCommand::hold:
      return change(options, Action::hold);
    case QueueCommand::release:
      return change(options, Action::release);
    case QueueCommand::log:
      return show_log(options);
    case QueueCommand::check:
      return check_command_file(options);
    case QueueCommand::wait:
      return wait_for_jobs(options);
  }
  return kRefused;
}

}  // namespace wemol::queue
