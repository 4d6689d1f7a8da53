#include "command_line.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "options_markdown.h"
#include "text.h"

namespace wemol {
namespace {

constexpr double kShortestSeconds = 0.1;
constexpr double kLongestSeconds = 86400;

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

std::optional<bool> parse_truth(const std::string& text) {
  if (text == "true") {
    return true;
  }
  return text == "false" ? std::optional(false) : std::nullopt;
}

}  // namespace

void OptionTable::add(const std::string& name, const std::string& value_name,
                      const std::string& default_text, const std::string& meaning,
                      const std::string& takes, const Accept& accept) {
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
      ->envname(environment_name(prefix_, name));
}

void OptionTable::add_switch(const std::string& name, const std::string& meaning, bool& target) {
  const std::string flag = "--" + name;
  app_.add_flag_function(
          flag, [&target](std::int64_t count) { target = count > 0; }, meaning)
      ->check([](const std::string& text) {
        return parse_truth(text) ? std::string()
                                 : fmt::format("takes true or false, not \"{}\"", text);
      })
      ->envname(environment_name(prefix_, name));
}

std::string OptionTable::environment_name(const std::string& prefix, std::string name) {
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return prefix + name;
}

std::optional<std::chrono::nanoseconds> parse_seconds(const std::string& text) {
  const auto seconds = parse_number<double>(text);
  if (!seconds || !(*seconds >= kShortestSeconds && *seconds <= kLongestSeconds)) {
    return std::nullopt;
  }
  return std::chrono::nanoseconds(std::llround(*seconds * 1e9));
}

std::optional<std::filesystem::path> parse_path(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::filesystem::path>(text);
}

void add_common_options(CLI::App& app, const std::string& environment_prefix,
                        const std::string& version, bool& check) {
  app.add_flag("--check", check,
               "Look at everything this host must provide, print one line each, exit 0 or 1")
      ->configurable(false);
  app.set_version_flag("--version", app.get_name() + " " + version)->configurable(false);
  const char* config =
      std::getenv(OptionTable::environment_name(environment_prefix, "config").c_str());
  app.set_config("--config", config == nullptr ? "" : config,
                 fmt::format("TOML file with the same names; a flag beats the environment "
                             "({}INTERVAL, ...), which beats the file",
                             environment_prefix),
                 config != nullptr && *config != '\0')
      ->type_name("FILE")
      ->configurable(false);
  app.add_flag_callback(
         "--help-markdown", [] { throw CLI::CallForAllHelp(); }, "The options as a table")
      ->group("")
      ->configurable(false);
}

bool has_environment_value(const CLI::Option& option) {
  const char* value = std::getenv(option.get_envname().c_str());
  return value != nullptr && *value != '\0';
}

std::optional<EarlyExit> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(reversed_arguments(argc, argv));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return EarlyExit{0, app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return EarlyExit{0, options_markdown(app)};
  } catch (const CLI::CallForVersion& version) {
    return EarlyExit{0, std::string(version.what()) + "\n"};
  } catch (const CLI::FileError& error) {
    return EarlyExit{kUsageError, fmt::format("--config: takes a TOML file that can be read: {}",
                                              printable(error.what()))};
  } catch (const CLI::ParseError& error) {
    return EarlyExit{kUsageError, printable(error.what())};
  }
}

}  // namespace wemol
