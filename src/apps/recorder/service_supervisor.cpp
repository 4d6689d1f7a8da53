#include "service_supervisor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "log.h"
#include "text.h"

namespace wemol {
namespace {

std::string seconds_text(std::chrono::nanoseconds duration) {
  return fmt::format("{} s", std::chrono::duration<double>(duration).count());
}

std::string quoted(const std::string& text) {
  return fmt::format("\"{}\"", text);
}

struct Setting {
  const char* key;
  std::string (*text)(const Options& options);
  /// Absent: it counts from the next start.
  void (*take)(const Options& from, Options& to) = nullptr;
};

constexpr std::array<Setting, 15> kSettings{{
    {"interval", [](const Options& o) { return seconds_text(o.interval); },
     [](const Options& from, Options& to) { to.interval = from.interval; }},
    {"log-level", [](const Options& o) { return std::string(name_of(o.log_level)); },
     [](const Options& from, Options& to) { to.log_level = from.log_level; }},
    {"log-file", [](const Options& o) { return quoted(o.log_file); },
     [](const Options& from, Options& to) { to.log_file = from.log_file; }},
    {"task-root", [](const Options& o) { return quoted(o.task_root); },
     [](const Options& from, Options& to) { to.task_root = from.task_root; }},
    {"container-prefix", [](const Options& o) { return quoted(o.container_prefix); },
     [](const Options& from, Options& to) { to.container_prefix = from.container_prefix; }},
    {"command-timeout", [](const Options& o) { return seconds_text(o.command_timeout); },
     [](const Options& from, Options& to) { to.command_timeout = from.command_timeout; }},
    {"output-dir", [](const Options& o) { return quoted(o.output_dir); }},
    {"source", [](const Options& o) { return std::string(name_of(o.source)); }},
    {"rounds", [](const Options& o) { return fmt::format("{}", o.rounds); }},
    {"sync",
     [](const Options& o) {
       return std::string(o.sync == SyncLevel::finished ? "finished" : "started");
     }},
    {"publish", [](const Options& o) { return quoted(o.publish); }},
    {"device-history", [](const Options& o) { return quoted(o.device_history.folder); }},
    {"device-interval",
     [](const Options& o) { return fmt::format("{}", o.device_history.interval.count()); }},
    {"device-compress-after",
     [](const Options& o) { return fmt::format("{}", o.device_history.compress_after_days); }},
    {"device-keep", [](const Options& o) { return fmt::format("{}", o.device_history.keep_days); }},
}};

}  // namespace

Reload reload(const Options& current, const Options& read) {
  Reload result{.options = current};
  for (const Setting& setting : kSettings) {
    const std::string before = setting.text(current);
    const std::string now = setting.text(read);
    if (before == now) {
      continue;
    }
    if (setting.take == nullptr) {
      result.needs_restart.push_back(
          fmt::format("{} is {} there, and stays {} until the recorder "
                      "is started again",
                      setting.key, now, before));
    } else {
      setting.take(read, result.options);
      result.changed.push_back(fmt::format("{} is now {}, was {}", setting.key, now, before));
    }
  }
  return result;
}

namespace {

using namespace std::chrono_literals;

constexpr auto kTellEvery = 1s;
/// What matters more than a round waits for a busy manager.
constexpr auto kPatience = 2s;

// docker ps, two calls of nvidia-smi and docker top, one after the other, or waiting for the list
// and two calls of nvidia-smi; twice that, since slow answers seldom come alone.
constexpr int kCommandsInARow = 8;
constexpr auto kToEndACommand = 1s;
/// For the rows, and a process that was held up.
constexpr auto kAllowance = 60s;

std::string status_text(const Progress& progress) {
  std::string text =
      fmt::format("{} done, {}{}; {} skipped", counted(progress.rounds, "round"),
                  counted(progress.tasks, "task"),
                  progress.silent_tasks == 0
                      ? ""
                      : fmt::format(" ({} without a valid reading)", progress.silent_tasks),
                  progress.skipped);
  if (progress.last_overrun) {
    text += fmt::format(", the last overrun was round {}, which took {:.3f} s",
                        progress.last_overrun->round,
                        std::chrono::duration<double>(progress.last_overrun->took).count());
  }
  return text;
}

}  // namespace

std::chrono::nanoseconds longest_silence(const Options& options) {
  return options.interval + kCommandsInARow * (options.command_timeout + kToEndACommand) +
         kAllowance;
}

ServiceSupervisor::ServiceSupervisor(EventLoop& loop, const ServiceManager& manager,
                                     Options options, ReadOptions read, Apply apply)
    : loop_(loop),
      manager_(manager),
      options_(std::move(options)),
      read_(std::move(read)),
      apply_(std::move(apply)) {}

void ServiceSupervisor::ready() {
  tell(ready_assignments() + "\nSTATUS=ready, no round is done yet", kPatience);
}

/// With the watchdog's time, which depends on the settings. The unit may ask for a longer one.
std::string ServiceSupervisor::ready_assignments() const {
  std::string text = "READY=1";
  if (manager_.watchdog()) {
    const auto time =
        std::max(*manager_.watchdog(),
                 std::chrono::ceil<std::chrono::microseconds>(longest_silence(options_)));
    text += fmt::format("\nWATCHDOG_USEC={}", time.count());
  }
  return text;
}

void ServiceSupervisor::round_done(const Progress& progress, SteadyTime ended) {
  if (!manager_.listens() || (progress.rounds > 1 && ended - last_told_ < kTellEvery)) {
    return;
  }
  last_told_ = ended;
  tell("WATCHDOG=1\nSTATUS=" + status_text(progress), 0s);
}

std::optional<std::chrono::nanoseconds> ServiceSupervisor::new_interval() {
  if (!loop_.take_reload_request()) {
    return std::nullopt;
  }
  const auto before = options_.interval;
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", to_monotonic_usec(loop_.now())), kPatience);
  read_settings_again();
  tell(ready_assignments(), kPatience);
  return options_.interval == before ? std::nullopt : std::optional(options_.interval);
}

void ServiceSupervisor::read_settings_again() {
  const bool has_file = !options_.config_file.empty();
  const auto read = has_file ? read_() : options_;
  Reload result{.options = options_};
  if (read) {
    result = reload(options_, *read);
  }
  options_ = result.options;
  set_up_log(options_.log_level, options_.log_file);  // its file may have been moved away
  if (!read) {
    spdlog::error("SIGHUP: the settings of {} are refused, and all stay as they were: {}",
                  options_.config_file.string(), read.error().text);
    return;
  }
  for (const std::string& change : result.needs_restart) {
    spdlog::warn("{}: {}", options_.config_file.string(), change);
  }
  apply_(options_);
  spdlog::info("SIGHUP: the log is opened anew; {}",
               !has_file ? "there is no settings file (--config) to read again"
               : result.changed.empty()
                   ? fmt::format("{} changes nothing", options_.config_file.string())
                   : fmt::format("{} is read again: {}", options_.config_file.string(),
                                 fmt::join(result.changed, "; ")));
}

void ServiceSupervisor::stopping() {
  tell("STOPPING=1\nSTATUS=stopping", 0s);
}

void ServiceSupervisor::tell(const std::string& assignments, std::chrono::milliseconds patience) {
  const int error = manager_.tell(assignments, patience);
  if (error != 0 && !has_failed_) {
    spdlog::warn(
        "the service manager cannot be told how it goes ({}); it may take the recorder "
        "for one that hangs",
        strerror(error));
  }
  has_failed_ = error != 0;
}

}  // namespace wemol
