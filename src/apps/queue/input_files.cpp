#include "input_files.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "config_file.h"
#include "text.h"

namespace wemol::queue {
namespace {

Result<ConfigReading> config_of(const QueueOptions& options) {
  return read_config(options.config, options.is_config_named ? MissingConfig::is_an_error
                                                             : MissingConfig::is_defaults);
}

/// Without a file that has to be there, an empty one.
Result<CommandFileReading> commands_of(const QueueOptions& options) {
  auto reading = read_command_file(options.command_file);
  if (!reading && reading.error().code == ENOENT && !options.is_command_file_named &&
      options.keep_running) {
    return CommandFileReading{};
  }
  return reading;
}

}  // namespace

InputFiles::InputFiles(const QueueOptions& options)
    : options_(options), config_(options.config), commands_(options.command_file) {}

Result<InputFiles> InputFiles::read(const QueueOptions& options) {
  InputFiles files(options);
  auto config = config_of(options);
  if (!config) {
    return tl::make_unexpected(config.error());
  }
  for (const std::string& warning : config->warnings) {
    spdlog::warn("{}", warning);
  }
  files.settings_ = std::move(config->settings);
  auto reading = commands_of(options);
  if (!reading) {
    return tl::make_unexpected(reading.error());
  }
  for (const BlockError& error : reading->errors) {
    spdlog::error("{}", describe(error, options.command_file));
  }
  if (!reading->errors.empty() && !options.skip_bad) {
    return failure(
        fmt::format("{}: {} cannot be understood: mend the file, or start without by "
                    "--skip-bad",
                    options.command_file.string(), counted(reading->errors.size(), "block")));
  }
  files.reading_ = std::move(*reading);
  return files;
}

void InputFiles::hand_over(JobBook& book, const Moment& now) {
  if (options_.again) {
    book.forget_command_file(options_.command_file);
  }
  book.take_command_file(options_.command_file, reading_, now);
  reading_ = {};
}

InputFiles::Look InputFiles::look(JobBook& book, const Moment& now, bool at_once) {
  const auto config = config_.look();
  const auto commands = commands_.look();
  Look look{.is_settling = config == SettledFile::Change::settling ||
                           commands == SettledFile::Change::settling};
  if (at_once || config == SettledFile::Change::settled) {
    look.has_changed |= reread_settings();
  }
  if (at_once || commands == SettledFile::Change::settled) {
    look.has_changed |= reread_commands(book, now);
  }
  return look;
}

bool InputFiles::reread_settings() {
  auto config = config_of(options_);
  if (!config) {
    spdlog::error("{}; the settings stay as they were", config.error().message);
    return false;
  }
  for (const std::string& warning : config->warnings) {
    spdlog::warn("{}", warning);
  }
  if (config->settings == settings_) {
    return false;
  }
  settings_ = std::move(config->settings);
  spdlog::info(
      "{} is read again: its settings hold from now on, for jobs that run from their "
      "next try on",
      options_.config.string());
  return true;
}

bool InputFiles::reread_commands(JobBook& book, const Moment& now) {
  const auto reading = commands_of(options_);
  if (!reading) {
    spdlog::error("{}; its jobs stay as they were", reading.error().message);
    return false;
  }
  for (const BlockError& error : reading->errors) {
    spdlog::error("{}", describe(error, options_.command_file));
  }
  book.take_command_file(options_.command_file, *reading, now);
  return true;
}

}  // namespace wemol::queue
