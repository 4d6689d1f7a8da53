#include "options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "engine_messages.h"
#include "options_markdown.h"
#include "text.h"
#include "version.h"

namespace wemol {
namespace {

constexpr int kUsageError = 2;
constexpr double kShortestSeconds = 0.1;
constexpr double kLongestSeconds = 86400;

template <typename Number>
std::optional<Number> parse_whole(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end ? std::optional(number) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_seconds(const std::string& text) {
  const auto seconds = parse_whole<double>(text);
  if (!seconds || !(*seconds >= kShortestSeconds && *seconds <= kLongestSeconds)) {
    return std::nullopt;
  }
  return std::chrono::nanoseconds(std::llround(*seconds * 1e9));
}

std::optional<std::string> parse_prefix(const std::string& text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const bool allowed = !text.empty() && text.find_first_not_of(kAllowed) == std::string::npos;
  return allowed ? std::optional(text) : std::nullopt;
}

std::optional<std::filesystem::path> parse_path(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::filesystem::path>(text);
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

/// Options as rows: name, what the value is called, default, what it means, what it takes.
class OptionTable {
 public:
  explicit OptionTable(CLI::App& app) : app_(app) {}

  /// `accept` stores the value and returns true, or returns false when it takes no such value.
  void add(const std::string& name, const std::string& value_name, const std::string& default_text,
           const std::string& meaning, const std::string& takes,
           const std::function<bool(const std::string&)>& accept) {
    const std::string flag = "--" + name;
    app_.add_option_function<std::string>(
            flag,
            [=](const std::string& text) {
              if (!accept(text)) {
                throw CLI::ValidationError(flag, fmt::format("takes {}, not \"{}\"", takes, text));
              }
            },
            meaning)
        ->type_name(value_name)
        ->default_str(default_text)
        ->envname(environment_name(name));
  }

  static std::string environment_name(std::string name) {
    for (char& c : name) {
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return "WEMOL_RECORDER_" + name;
  }

 private:
  CLI::App& app_;
};

/// Stores what `parse` makes of the text into `target`.
template <typename Parse, typename Target>
auto storing(Parse parse, Target& target) {
  return [parse, &target](const std::string& text) {
    const auto value = parse(text);
    if (value) {
      target = *value;
    }
    return value.has_value();
  };
}

void add_options(CLI::App& app, Options& options) {
  OptionTable table(app);
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
            "a whole number, 0 or more", storing(parse_whole<std::uint64_t>, options.rounds));
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
}

/// CLI11 takes no notice of an empty variable; for the log file an empty value has a meaning.
bool log_file_is_emptied_by_environment() {
  const char* value = std::getenv(OptionTable::environment_name("log-file").c_str());
  return value != nullptr && *value == '\0';
}

bool is_set_in_environment(const CLI::Option& option) {
  const char* value = std::getenv(option.get_envname().c_str());
  const bool has_value = value != nullptr && *value != '\0';
  return has_value || (option.check_name("--log-file") && log_file_is_emptied_by_environment());
}

/// The arguments with `--name=` as `--name` and an empty value, which CLI11 takes for none at all.
/// Last one first, as CLI11 wants them.
std::vector<std::string> reversed_arguments(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      argument.pop_back();
      arguments.push_back(std::move(argument));
      arguments.emplace_back();
    } else {
      arguments.push_back(std::move(argument));
    }
  }
  std::ranges::reverse(arguments);
  return arguments;
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
  app.add_flag("--check", options.check,
               "Look at everything this host must provide, print one line each, exit 0 or 1")
      ->configurable(false);
  app.set_version_flag("--version", std::string("wemol-recorder ") + kVersion)->configurable(false);
  const char* config = std::getenv(OptionTable::environment_name("config").c_str());
  app.set_config("--config", config == nullptr ? "" : config,
                 "TOML file with the same names; a flag beats the environment "
                 "(WEMOL_RECORDER_INTERVAL, ...), which beats the file",
                 config != nullptr && *config != '\0')
      ->type_name("FILE")
      ->configurable(false);
  app.add_flag_callback(
         "--help-markdown", [&] { throw CLI::CallForAllHelp(); }, "The options as a table")
      ->group("")
      ->configurable(false);
  app.config_formatter(std::make_shared<TomlConfig>(app, is_set_in_environment));
  try {
    app.parse(reversed_arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return tl::make_unexpected(EarlyExit{0, app.help()});
  } catch (const CLI::CallForAllHelp&) {
    return tl::make_unexpected(EarlyExit{0, options_markdown(app)});
  } catch (const CLI::CallForVersion& version) {
    return tl::make_unexpected(EarlyExit{0, std::string(version.what()) + "\n"});
  } catch (const CLI::FileError& error) {
    return tl::make_unexpected(EarlyExit{
        kUsageError,
        fmt::format("--config: takes a TOML file that can be read: {}", printable(error.what()))});
  } catch (const CLI::ParseError& error) {
    return tl::make_unexpected(EarlyExit{kUsageError, printable(error.what())});
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

namespace {

/// Every option with long paths has less. A device may have no end, and the parser follows a nested
/// key by recursion: more text than this could use up the stack.
constexpr std::size_t kCapBytes = std::size_t{64} << 10;

[[noreturn]] void refuse(const toml::source_region& where, const std::string& what) {
  throw CLI::ConfigError(fmt::format("--config: line {}: {}", where.begin.line, what));
}

std::string capped_text(std::istream& input) {
  std::string text(kCapBytes + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > kCapBytes) {
    throw CLI::ConfigError("--config: takes a TOML file of 64 KiB at most");
  }
  return text;
}

std::string value_text(const toml::node& node, const std::string& key) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* number = node.as_integer()) {
    return fmt::format("{}", number->get());
  }
  if (const auto* number = node.as_floating_point()) {
    return fmt::format("{}", number->get());
  }
  refuse(node.source(), fmt::format("{} takes a number or a text in quotes", key));
}

}  // namespace

std::string TomlConfig::to_config(const CLI::App* /*app*/, bool /*default_also*/,
                                  bool /*write_description*/, std::string /*prefix*/) const {
  return {};  // we never write one
}

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& input) const {
  toml::table table;
  try {
    table = toml::parse(capped_text(input));
  } catch (const toml::parse_error& error) {
    refuse(error.source(), std::string(error.description()));
  }
  std::vector<CLI::ConfigItem> found;
  for (const auto& [toml_key, node] : table) {
    const std::string key(toml_key.str());
    const CLI::Option* option = app_.get_option_no_throw("--" + key);
    if (option == nullptr || !option->get_configurable()) {
      refuse(toml_key.source(), fmt::format("unknown key {}; the keys are named like the options "
                                            "of wemol-recorder --help",
                                            key));
    }
    if (!is_set_in_environment_(*option)) {
      CLI::ConfigItem item;
      item.name = key;
      item.inputs = {value_text(node, key)};
      found.push_back(std::move(item));
    }
  }
  return found;
}

}  // namespace wemol
