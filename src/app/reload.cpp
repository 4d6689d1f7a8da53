#include "reload.h"

#include <array>

#include <fmt/format.h>

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

constexpr std::array<Setting, 10> kSettings{{
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
    {"source",
     [](const Options& o) {
       return std::string(o.source == SourceKind::native ? "native" : "docker-cli");
     }},
    {"rounds", [](const Options& o) { return fmt::format("{}", o.rounds); }},
    {"sync",
     [](const Options& o) {
       return std::string(o.sync == SyncLevel::finished ? "finished" : "started");
     }},
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

}  // namespace wemol
