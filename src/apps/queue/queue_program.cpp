#include "queue_program.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "event_loop.h"
#include "log.h"
#include "scheduler.h"
#include "service_manager.h"
#include "version.h"

namespace wemol::queue {
namespace {

constexpr int kSomeFailed = 1;
constexpr int kStopped = 3;
constexpr const char* kLogFile = "compete_gpu.log";

int cannot_start(const Error& error) {
  spdlog::error("{}", error.message);
  return kUsageError;
}

Result<void> check_work_dir(const QueueSettings& settings) {
  std::error_code error;
  if (!std::filesystem::is_directory(settings.work_dir, error)) {
    return failure(fmt::format("work_dir {}: no such folder", settings.work_dir.string()));
  }
  return {};
}

int end_of(const Scheduler& scheduler, bool has_finished) {
  if (has_finished) {
    const bool has_failures = scheduler.has_failures();
    spdlog::info("all jobs are over{}", has_failures ? "; not all have succeeded" : "");
    return has_failures ? kSomeFailed : 0;
  }
  const auto running = scheduler.running_jobs();
  if (running.empty()) {
    spdlog::info("stopped; no job runs");
  } else {
    spdlog::info(
        "stopped; {} on without it: the next `wemol-queue run` takes over, `kill PID` "
        "ends one with all its processes",
        running.size() == 1 ? running.front() + " goes"
                            : fmt::format("{} go", fmt::join(running, "; ")));
  }
  return kStopped;
}

}  // namespace

int run_scheduler(const QueueOptions& options) {
  const ServiceManager manager;  // before there is a thread: it changes the environment
  EventLoop loop;
  set_up_log(LogLevel::info, {});
  auto files = InputFiles::read(options);
  if (!files) {
    return cannot_start(files.error());
  }
  if (auto found = check_work_dir(files->settings()); !found) {
    return cannot_start(found.error());
  }
  auto book = JobBook::open(options.state_dir, loop.moment());
  if (!book) {
    return cannot_start(book.error());
  }
  set_up_log(options.verbose ? LogLevel::debug : LogLevel::info, options.state_dir / kLogFile);
  spdlog::info("wemol-queue {} schedules {}, state in {}", kVersion, options.command_file.string(),
               options.state_dir.string());
  Scheduler scheduler(loop, options, std::move(*files), std::move(*book));
  if (auto started = scheduler.start(); !started) {
    return cannot_start(started.error());
  }
  (void)manager.tell("READY=1");
  const bool has_finished = scheduler.run();
  (void)manager.tell("STOPPING=1");
  return end_of(scheduler, has_finished);
}

}  // namespace wemol::queue
