#include "options.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command_line.h"
#include "device_history_options.h"
#include "engine_messages.h"
#include "text.h"
#include "toml_config.h"
#include "version.h"

namespace wemol {
namespace {

constexpr const char* kEnvironmentPrefix = "WEMOL_RECORDER_";

std::optional<std::string> parse_prefix(const std::string& text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const bool allowed = !text.empty() && text.find_first_not_of(kAllowed) == std::string::npos;
  return allowed ? std::optional(text) : std::nullopt;
}

std::optional<SourceKind> parse_source(const std::string& text) {
  for (const auto source : {SourceKind::docker_cli, SourceKind::native, SourceKind::automatic}) {
    if (text == name_of(source)) {
      return source;
    }
  }
  return std::nullopt;
}

std::optional<SyncLevel> parse_sync_level(const std::string& text) {
  if (text == "started") {
    return SyncLevel::started;
  }
  return text == "finished" ? std::optional(SyncLevel::finished) : std::nullopt;
}

void add_options(CLI::App& app, Options& options) {
  OptionTable table(app, kEnvironmentPrefix);
  table.add("interval", "SECONDS", "5",
            "Distance between rounds, 0.1 to 86400; docker-cli takes 2 to 3 s for one",
            "seconds from 0.1 to 86400", storing(parse_seconds, options.interval));
  table.add("log-level", "LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR, in any letter case",
            "DEBUG, INFO, WARNING or ERROR", storing(parse_log_level, options.log_level));
  table.add("output-dir", "DIR", "module_resource", "Root of the CSV tree, made when absent",
            "a folder", storing(parse_path, options.output_dir));
  table.add("log-file", "FILE", "wemol_resource_monitor.log",
            "The log; an empty value switches it off", "a file", [&](const std::string& text) {
              options.log_file = text;
              return true;
            });
  table.add("task-root", "DIR", "/data/PRG/RCall", "Where the task.json files lie", "a folder",
            storing(parse_path, options.task_root));
  table.add("container-prefix", "P", "wemol_rc_task",
            "Which containers are tasks; letters, digits, '_', '.' and '-'",
            "letters, digits, '_', '.' and '-'", storing(parse_prefix, options.container_prefix));
  table.add(
      "source", "S", "docker-cli",
      "Where the readings come from: docker-cli, native, or auto: native where the host allows it",
      "docker-cli, native or auto", storing(parse_source, options.source));
  table.add("rounds", "N", "0", "Stop after N rounds; 0: run until stopped",
            "a whole number, 0 or more",
            storing([](const std::string& text) { return parse_number<std::uint64_t>(text); },
                    options.rounds));
  table.add("command-timeout", "SECONDS", "10",
            "How long a command, an answer of the engine or of NVML may take, 0.1 to 86400",
            "seconds from 0.1 to 86400", storing(parse_seconds, options.command_timeout));
  table.add("sync", "LEVEL", "started",
            "Whether a round waits until the disk has its rows: started or finished",
            "started or finished", storing(parse_sync_level, options.sync));
  table.add("publish", "PATH", "",
            "Unix socket that gives each round as a line of JSON; an empty value switches it off",
            "a path", [&](const std::string& text) {
              options.publish = text;
              return true;
            });
  add_device_history(
      table,
      "Where to keep device history, for wemol-report daily, also while no task runs; "
      "an empty value: nowhere",
      options.device_history);
}

/// CLI11 takes no notice of an empty variable; for the log file an empty value has a meaning.
bool log_file_is_emptied_by_environment() {
  const char* value =
      std::getenv(OptionTable::environment_name(kEnvironmentPrefix, "log-file").c_str());
  return value != nullptr && *value == '\0';
}

bool is_set_in_environment(const CLI::Option& option) {
  return has_environment_value(option) ||
         (option.check_name("--log-file") && log_file_is_emptied_by_environment());
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Sets the engine that the source native asks. The error is what is wrong with the environment.
Result<void> set_engine(Options& options) {
  const std::string host = environment("DOCKER_HOST");
  auto socket = engine::socket_path(host);
  const std::string context = environment("DOCKER_CONTEXT");
  if (!socket && options.source == SourceKind::native) {
    return failure(socket.error().message);
  }
  if (!socket) {
    options.why_no_engine_socket = socket.error().message;
  } else if (options.source == SourceKind::automatic && host.empty() && !context.empty() &&
             context != "default") {  // the docker command asks the engine of that context
    options.why_no_engine_socket = fmt::format(
        "DOCKER_CONTEXT names the engine of {}, which native does not look up: set "
        "DOCKER_HOST=unix:///path if it is on this host",
        printable(context));
  } else {
    options.engine_socket = std::move(*socket);
  }
  return {};
}

}  // namespace

const char* name_of(SourceKind source) {
  switch (source) {
    case SourceKind::docker_cli:
      return "docker-cli";
    case SourceKind::native:
      return "native";
    case SourceKind::automatic:
      return "auto";
  }
  return "";
}

tl::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app("Records what every task container really uses: one CSV per task.",
               "wemol-recorder");
  add_options(app, options);
  add_common_options(app, kEnvironmentPrefix, kVersion, options.check);
  app.config_formatter(std::make_shared<TomlConfig>(app, is_set_in_environment));
  if (auto early_exit = parse_command_line(app, argc, argv)) {
    return tl::make_unexpected(std::move(*early_exit));
  }
  options.config_file = app.get_config_ptr()->as<std::string>();
  const bool log_file_given = app.count("--log-file") > 0;  // as a flag: the file was not asked
  if (log_file_is_emptied_by_environment() && !log_file_given) {
    options.log_file.clear();
  }
  if (options.source != SourceKind::docker_cli) {
    if (const auto is_set = set_engine(options); !is_set) {
      return tl::make_unexpected(
          EarlyExit{kUsageError, fmt::format("--source: {}", is_set.error().message)});
    }
  }
  return options;
}

}  // namespace wemol
