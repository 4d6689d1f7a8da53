#include "queue_options.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command_file.h"
#include "gigabytes.h"
#include "options_markdown.h"
#include "state_folder.h"
#include "text.h"
#include "version.h"

namespace wemol::queue {
namespace {

constexpr const char* kEnvironmentPrefix = "WEMOL_QUEUE_";
constexpr const char* kDefaultQueue = "1";
constexpr const char* kDefaultCommandFile = "command.txt";
constexpr unsigned kMostGpus = 1024;

OptionTable::Accept storing_absolute(std::filesystem::path& target, bool& is_named) {
  return [&target, &is_named](const std::string& text) {
    if (text.empty()) {
      return false;
    }
    target = std::filesystem::absolute(text).lexically_normal();
    is_named = true;
    return true;
  };
}

std::optional<unsigned> parse_gpus(const std::string& text) {
  const auto gpus = parse_number<unsigned>(text);
  return gpus && *gpus >= 1 && *gpus <= kMostGpus ? gpus : std::nullopt;
}

std::optional<std::string> parse_queue(const std::string& text) {
  return is_queue_word(text) ? std::optional(text) : std::nullopt;
}

struct Commands {
  CLI::App& app;
  QueueOptions& options;

  CLI::App& add(const char* name, const char* meaning, QueueCommand command) {
    CLI::App* const sub = app.add_subcommand(name, meaning);
    sub->fallthrough();
    sub->callback([this, command] { options.command = command; });
    return *sub;
  }
  void add_of_job(const char* name, const char* meaning, QueueCommand command) {
    add(name, meaning, command).add_option("JOB", options.jobs)->required()->expected(1);
  }
  void add_of_queue(const char* name, const char* meaning, QueueCommand command) {
    add(name, meaning, command).add_option("QUEUE", options.queue)->required();
  }
};

void add_run(Commands& commands) {
  QueueOptions& options = commands.options;
  CLI::App& run = commands.add("run", "Schedule in the foreground until all jobs have ended",
                               QueueCommand::run);
  OptionTable table(run, kEnvironmentPrefix);
  table.add("commands", "FILE", "", "The command file; command.txt beside the config file",
            "a file", storing_absolute(options.command_file, options.is_command_file_named));
  table.add_switch("keep-running", "Wait for more jobs when all have ended", options.keep_running);
  table.add_switch("skip-bad", "Start although blocks of the command file cannot be understood",
                   options.skip_bad);
  table.add_switch("again",
                   "Run all jobs of the command file, also those that an earlier run has ended",
                   options.again);
  table.add("lock-dir", "DIR", kLockFolder,
            "Where the schedulers of this host's users lock their cards", "a folder",
            storing(parse_path, options.lock_dir));
}

void add_looking(Commands& commands) {
  QueueOptions& options = commands.options;
  CLI::App& status = commands.add("status", "Show queues, jobs and GPUs", QueueCommand::status);
  status
      .add_option_function<std::string>(
          "--format", [&](const std::string& format) { options.as_json = format == "json"; },
          "table or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json"}))
      ->default_str("table");
  status.add_flag("--watch", options.watch, "Show it anew each second, until Ctrl-C");
  status.add_flag("--all", options.all, "Every job of a long list");
  CLI::App& log = commands.add("log", "Show a job's own output", QueueCommand::log);
  log.add_option("JOB", options.jobs)->required()->expected(1);
  log.add_flag("-f,--follow", options.follow, "And what follows, until the job is over");
  commands.add("check", "Show what a command file is understood as", QueueCommand::check)
      .add_option("FILE", options.command_file)
      ->required();
  commands
      .add("wait", "Wait until the jobs, or all, are over; exit 1 when one has failed",
           QueueCommand::wait)
      .add_option("JOB", options.jobs);
}

void add_adding(Commands& commands) {
  QueueOptions& options = commands.options;
  options.spec = {.queue = kDefaultQueue, .memory_bytes = kDefaultMemoryBytes};
  CLI::App& add =
      commands.add("add",
                   "Append a job: a command behind -- and its arguments, or one quoted text "
                   "that the shell takes as a whole",
                   QueueCommand::add);
  // Not from the environment: WEMOL_QUEUE_JOB and others are set within jobs.
  const auto option = [&](const char* name, const char* type, const char* meaning,
                          const char* takes, const OptionTable::Accept& accept) {
    add.add_option_function<std::string>(
           name,
           [=](const std::string& text) {
             if (!accept(text)) {
               throw CLI::ValidationError(name, fmt::format("takes {}, not \"{}\"", takes, text));
             }
           },
           meaning)
        ->type_name(type);
  };
  option("--queue", "QUEUE", "Its queue; 1", "a word", storing(parse_queue, options.spec.queue));
  option("--memory", "GB", "Memory that must be free on each card; 20", "a number of GB",
         storing(parse_gigabytes, options.spec.memory_bytes));
  option("--gpus", "N", "Cards at once; 1", "a number from 1 to 1024",
         storing(parse_gpus, options.spec.gpus));
  option("--after", "JOB", "Start only when that job has succeeded", "the number of a job",
         [&](const std::string& text) {
           options.spec.after = parse_number<JobId>(text);
           return options.spec.after.has_value();
         });
}

void add_commands(Commands& commands) {
  add_run(commands);
  add_looking(commands);
  add_adding(commands);
  commands.add_of_job("cancel", "End a job for good, with all its processes", QueueCommand::cancel);
  commands.add_of_job("retry", "Run a job again that has ended, or now instead of after the pause",
                      QueueCommand::retry);
  commands.add_of_job("skip", "Leave a job out that has not begun", QueueCommand::skip);
  commands.add_of_queue("hold", "Start no more jobs of a queue", QueueCommand::hold);
  commands.add_of_queue("release", "Start jobs of a held or stopped queue again",
                        QueueCommand::release);
  commands.app.require_subcommand(1);
}

/// For /bin/sh: several words stay the words that they are.
std::string shell_command(const std::vector<std::string>& words) {
  if (words.size() == 1) {
    return words.front();
  }
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%{}";
  std::string command;
  for (const std::string& word : words) {
    command += command.empty() ? "" : " ";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      command += word;
      continue;
    }
    command += '\'';
    for (const char c : word) {
      command += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    command += '\'';
  }
  return command;
}

void complete(QueueOptions& options, bool is_state_dir_named) {
  if (!is_state_dir_named) {
    options.state_dir = default_state_folder(options.config);
  }
  if (options.command == QueueCommand::run && !options.is_command_file_named) {
    options.command_file = options.config.parent_path() / kDefaultCommandFile;
  }
  if (options.command == QueueCommand::add) {
    options.spec.commands = {shell_command(options.spec.commands)};
  }
}

}  // namespace

tl::expected<QueueOptions, EarlyExit> parse_queue_options(int argc, const char* const* argv) {
  QueueOptions options;
  // The command of add is nothing for the parser, which takes "[ -e file ]" for a list.
  const auto words = std::span(argv, static_cast<std::size_t>(argc));
  const auto divider = std::ranges::find(words, std::string_view("--"));
  const std::vector<std::string> command(divider == words.end() ? divider : std::next(divider),
                                         words.end());
  options.config = std::filesystem::absolute(options.config);
  bool is_state_dir_named = false;
  CLI::App app("Runs the jobs of one user on the free GPUs of this host.", "wemol-queue");
  OptionTable table(app, kEnvironmentPrefix);
  table.add("config", "FILE", "config.yaml", "The settings", "a file",
            storing_absolute(options.config, options.is_config_named));
  table.add("state-dir", "DIR", "",
            "Where jobs, results and logs are kept; logs/ beside the config file, without one "
            "$XDG_STATE_HOME/wemol-queue",
            "a folder", storing_absolute(options.state_dir, is_state_dir_named));
  table.add_switch("verbose", "Log more", options.verbose);
  app.set_version_flag("--version", fmt::format("wemol-queue {}", kVersion));
  app.add_flag_callback(
         "--help-markdown", [] { throw CLI::CallForAllHelp(); }, "The options as a table")
      ->group("");
  Commands commands{app, options};
  add_commands(commands);
  if (auto early_exit =
          parse_command_line(app, static_cast<int>(std::distance(words.begin(), divider)), argv)) {
    return tl::make_unexpected(std::move(*early_exit));
  }
  if ((options.command == QueueCommand::add) == command.empty()) {
    return tl::make_unexpected(EarlyExit{
        kUsageError, command.empty() ? "add: takes a command behind --: wemol-queue add -- COMMAND"
                                     : "only add takes a command behind --"});
  }
  options.spec.commands = command;
  complete(options, is_state_dir_named);
  return options;
}

}  // namespace wemol::queue
