#include "report_options.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "options_markdown.h"
#include "text.h"
#include "time_argument.h"
#include "version.h"

namespace wemol::report {
namespace {

constexpr int kUsageError = 2;
constexpr const char* kNeedsCommand =
    "it takes a command: modules, recommend, task, run, queue or daily (see --help)";

using Accept = std::function<bool(const std::string&)>;

/// A choice among words, as `accept` of an option.
template <typename Value>
Accept one_of(std::vector<std::pair<std::string_view, Value>> choices, Value& target) {
  return [choices = std::move(choices), &target](const std::string& text) {
    for (const auto& [word, value] : choices) {
      if (text == word) {
        target = value;
        return true;
      }
    }
    return false;
  };
}

template <typename Number>
Accept number_within(Number least, Number greatest, Number& target) {
  return [=, &target](const std::string& text) {
    const auto number = parse_number<Number>(text);
    // Said this way round so that what is no number is refused too.
    if (!number || !(*number >= least && *number <= greatest)) {
      return false;
    }
    target = *number;
    return true;
  };
}

Accept time_argument(WallTime now, std::optional<WallTime>& target) {
  return [now, &target](const std::string& text) {
    target = parse_time_argument(text, now);
    return target.has_value();
  };
}

/// Options as rows: name, what the value is called, default, what it means, what it takes.
class ReportOptionTable {
 public:
  explicit ReportOptionTable(CLI::App& app) : app_(app) {}

  CLI::Option& add(const std::string& name, const std::string& value_name,
                   const std::string& default_text, const std::string& meaning,
                   const std::string& takes, const Accept& accept) {
    const std::string flag = "--" + name;
    CLI::Option* const option = app_.add_option_function<std::string>(
        flag,
        [=](const std::string& text) {
          if (!accept(text)) {
            throw CLI::ValidationError(flag, fmt::format("takes {}, not \"{}\"", takes, text));
          }
        },
        meaning);
    option->type_name(value_name);
    if (!default_text.empty()) {
      option->default_str(default_text);
    }
    return *option;
  }

 private:
  CLI::App& app_;
};

/// An option that may be given several times, with a name each time.
CLI::Option& add_names(CLI::App& app, const std::string& flag, const std::string& takes,
                       const std::string& meaning, std::vector<std::string>& target) {
  return *app.add_option_function<std::vector<std::string>>(
                 flag,
                 [=, &target](const std::vector<std::string>& names) {
                   if (std::ranges::find(names, "") != names.end()) {
                     throw CLI::ValidationError(flag, "takes " + takes);
                   }
                   target = names;
                 },
                 meaning)
              ->allow_extra_args(false)
              ->type_name("NAME");
}

constexpr const char* kSelection = "Which runs";
constexpr const char* kOutput = "Output";
constexpr const char* kCost = "The command modules";
constexpr const char* kRules = "The command recommend";
constexpr const char* kRunFiles = "The command run";
constexpr const char* kQueue = "The command queue";

void add_selection(CLI::App& app, ReportOptions& options, WallTime now) {
  ReportOptionTable table(app);
  table
      .add("since", "TIME", "",
           "Runs that ended at this time or later: 2026-01-15, \"2026-01-15 10:30\" or an age: 7d, "
           "24h",
           kTimeArgumentForms, time_argument(now, options.window.since))
      .group(kSelection);
  table
      .add("until", "TIME", "", "Runs that ended before this time", kTimeArgumentForms,
           time_argument(now, options.window.until))
      .group(kSelection);
  add_names(app, "--module", "a module's name or a part of it",
            "The module of this name, else all with it in their name; may be given several times",
            options.modules)
      .group(kSelection);
  table
      .add(
          "from", "F", "ledger",
          "The ledgers, and the samples of runs that have no row there; or samples: task CSVs only",
          "ledger or samples",
          one_of<bool>({{"ledger", false}, {"samples", true}}, options.samples_only))
      .group(kSelection);
  table
      .add("threads", "N", "0", "That read files side by side; 0: one per CPU",
           "a whole number from 0 to 256", number_within(0U, 256U, options.threads))
      .group(kSelection);
}

void add_output(CLI::App& app, ReportOptions& options) {
  ReportOptionTable table(app);
  table
      .add("format", "F", "table", "table, csv, json or markdown", "table, csv, json or markdown",
           one_of<Format>({{"table", Format::table},
                           {"csv", Format::csv},
                           {"json", Format::json},
                           {"markdown", Format::markdown}},
                          options.format))
      .group(kOutput);
  table
      .add("color", "WHEN", "auto", "auto (on a terminal, unless NO_COLOR is set), always or never",
           "auto, always or never",
           one_of<ColorChoice>({{"auto", ColorChoice::automatic},
                                {"always", ColorChoice::always},
                                {"never", ColorChoice::never}},
                               options.color))
      .group(kOutput);
  app.add_flag_callback(
         "--no-pager", [&] { options.pager = false; },
         "Do not hand what is longer than the screen to $PAGER")
      ->group(kOutput);
}

void add_cost_and_rules(CLI::App& app, ReportOptions& options) {
  constexpr double kMostCores = 1e6;
  constexpr double kMostPercent = 1000;
  ReportOptionTable table(app);
  table
      .add("gpu-hour-cores", "N", "16",
           "How many core-hours an hour of a GPU counts as in the cost",
           "a number from 0 to 1000000", number_within(0.0, kMostCores, options.gpu_hour_cores))
      .group(kCost);
  RequestRules& rules = options.rules;
  table
      .add("percentile", "P", "95", "The share of the runs, in percent, that a request is made for",
           "a number from 1 to 100", number_within(1.0, 100.0, rules.percentile))
      .group(kRules);
  table
      .add("margin", "PERCENT", "20", "What is put on top of the percentile",
           "a number from 0 to 1000", number_within(0.0, kMostPercent, rules.margin_percent))
      .group(kRules);
  table
      .add("minimum-tasks", "N", "10", "With fewer runs there is no request",
           "a whole number from 1 to 1000000",
           number_within<std::uint64_t>(1, 1'000'000, rules.minimum_runs))
      .group(kRules);
  table
      .add("oom-growth", "PERCENT", "50",
           "After an OOM kill the memory is the killed run's peak and so much more",
           "a number from 0 to 1000", number_within(0.0, kMostPercent, rules.oom_growth_percent))
      .group(kRules);
  table
      .add("cores-from", "F", "max",
           "Request cores for each run's highest reading (max) or its mean (mean)", "max or mean",
           one_of<CoresBasis>({{"max", CoresBasis::max}, {"mean", CoresBasis::mean}},
                              rules.cores_basis))
      .group(kRules);
}

void add_run_files(CLI::App& app, ReportOptions& options) {
  add_names(app, "--metric", "a metric's name or a part of it",
            "Only the metrics with this in their name; may be given several times", options.metrics)
      .group(kRunFiles);
}

void add_queue(CLI::App& app, ReportOptions& options) {
  ReportOptionTable table(app);
  table
      .add("queue-lock-dir", "DIR", kQueueLockFolder,
           "Where wemol-queue says which job holds a card of this host", "a folder",
           [&options](const std::string& text) {
             options.queue_lock_folder = text;
             return !text.empty();
           })
      .group(kQueue);
}

struct NamedCommand {
  Command command;
  const char* name;
  const char* operands;
  const char* meaning;
};

constexpr std::array<NamedCommand, 5> kCommands{{
    {Command::modules, "modules", "[DIR]", "[DIR]  What the runs of each module took, and cost"},
    {Command::recommend, "recommend", "[DIR]", "[DIR]  What to request for each module's next run"},
    {Command::task, "task", "[DIR] TASK", "[DIR] TASK  One task over time"},
    {Command::run, "run", "FILE [FILE2]",
     "FILE [FILE2]  A run's file of the monitoring library over time, or two side by side"},
    {Command::queue, "queue", "STATE_DIR...",
     "STATE_DIR...  The jobs of wemol-queue's state directories, and who holds which card"},
}};

/// What stands behind the command: the folder and the task's id, or the files of runs.
std::optional<std::string> take_operands(const NamedCommand& command,
                                         std::vector<std::string> operands,
                                         ReportOptions& options) {
  const bool takes_task = command.command == Command::task;
  const bool takes_files = command.command == Command::run;
  const bool takes_state = command.command == Command::queue;
  const std::size_t fewest = takes_task || takes_files || takes_state ? 1 : 0;
  const std::size_t most = takes_state ? operands.size() : takes_task || takes_files ? 2 : 1;
  if (operands.size() < fewest || operands.size() > most ||
      std::ranges::find(operands, "") != operands.end()) {
    return fmt::format("{}: takes {}", command.name, command.operands);
  }
  if (takes_files) {
    options.run_files.assign(operands.begin(), operands.end());
    return std::nullopt;
  }
  if (takes_state) {
    options.state_folders.assign(operands.begin(), operands.end());
    return std::nullopt;
  }
  if (takes_task) {
    options.task_id = operands.back();
    operands.pop_back();
  }
  if (!operands.empty()) {
    options.folder = operands.front();
  }
  return std::nullopt;
}

bool is_useful(const CLI::Option& option, Command command) {
  const std::string& group = option.get_group();
  if (group == kSelection && command == Command::task) {
    return option.check_name("--from") || option.check_name("--threads");
  }
  if (group == kSelection && command == Command::queue) {
    return option.check_name("--since") || option.check_name("--until");
  }
  return (group != kSelection || command != Command::run) &&
         (group != kCost || command == Command::modules) &&
         (group != kRules || command == Command::recommend) &&
         (group != kRunFiles || command == Command::run) &&
         (group != kQueue || command == Command::queue);
}

/// An option that the command would not look at is an error: it would be overlooked.
std::optional<std::string> find_useless_option(const CLI::App& app, const NamedCommand& command) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->count() > 0 && !is_useful(*option, command.command)) {
      return fmt::format("{}: is not for the command {}", option->get_name(), command.name);
    }
  }
  return std::nullopt;
}

/// The operands of whichever is named; returns that of `daily`.
CLI::App* add_commands(CLI::App& app, std::vector<std::string>& operands) {
  app.require_subcommand(0, 1);
  for (const NamedCommand& command : kCommands) {
    CLI::App* const subcommand = app.add_subcommand(command.name, command.meaning);
    subcommand->set_help_flag();  // that of the program has it all
    subcommand->fallthrough();
    subcommand->add_option("operands", operands)->expected(0, -1);
  }
  // It has options of its own; where it stands first, main() has taken it before.
  CLI::App* const daily = app.add_subcommand(
      "daily", "[DATE]  GPU use per node, day and user: wemol-report daily --help");
  daily->set_help_flag();
  daily->prefix_command();
  return daily;
}

tl::unexpected<EarlyEnd> usage_error(std::string_view text) {
  return tl::make_unexpected(EarlyEnd{kUsageError, printable(text)});
}

}  // namespace

tl::expected<ReportOptions, EarlyEnd> parse_report_options(int argc, const char* const* argv,
                                                           WallTime now) {
  ReportOptions options;
  CLI::App app(
      "Tells what each module's tasks took, from what wemol-recorder has written. It only reads. "
      "DIR is the recorder's output folder, module_resource when it is left out. The command run "
      "reads what the monitoring library has written for a run, queue what wemol-queue has "
      "written.",
      "wemol-report");
  add_selection(app, options, now);
  add_output(app, options);
  add_cost_and_rules(app, options);
  add_run_files(app, options);
  add_queue(app, options);
  app.set_version_flag("--version", std::string("wemol-report ") + kVersion);
  std::vector<std::string> operands;
  const CLI::App* const daily = add_commands(app, operands);
  app.add_flag_callback(
         "--help-markdown", [&] { throw CLI::CallForAllHelp(); }, "The options as a table")
      ->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    // Not app.help(), which is that of the command.
    return tl::make_unexpected(EarlyEnd{
        0, app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal)});
  } catch (const CLI::CallForAllHelp&) {
    return tl::make_unexpected(EarlyEnd{0, options_markdown(app)});
  } catch (const CLI::CallForVersion& version) {
    return tl::make_unexpected(EarlyEnd{0, std::string(version.what()) + "\n"});
  } catch (const CLI::ExtrasError& error) {
    return usage_error(app.get_subcommands().empty()
                           ? fmt::format("{}; {}", error.what(), kNeedsCommand)
                           : error.what());
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  if (app.got_subcommand(daily)) {
    return usage_error("daily: goes in front of its options");
  }
  for (const NamedCommand& command : kCommands) {
    if (!app.got_subcommand(command.name)) {
      continue;
    }
    options.command = command.command;
    if (const auto trouble = take_operands(command, operands, options)) {
      return usage_error(*trouble);
    }
    if (const auto trouble = find_useless_option(app, command)) {
      return usage_error(*trouble);
    }
    return options;
  }
  return usage_error(kNeedsCommand);
}

}  // namespace wemol::report
