#include "log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include "log_line.h"

namespace wemol {
namespace {

constexpr std::size_t kRotateAtBytes = std::size_t{10} << 20;
constexpr std::size_t kOldFilesKept = 5;

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{{
    {"DEBUG", LogLevel::debug},
    {"INFO", LogLevel::info},
    {"WARNING", LogLevel::warning},
    {"ERROR", LogLevel::error},
}};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void log_to_spdlog(Severity severity, std::string_view line) {
  const auto level = severity == Severity::error     ? spdlog::level::err
                     : severity == Severity::warning ? spdlog::level::warn
                                                     : spdlog::level::info;
  spdlog::log(level, "{}", line);
}

/// The level's name in capitals, which spdlog's own flags do not offer.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& target) override {
    for (const auto& [name, level] : kLevels) {
      if (to_spdlog(level) == message.level) {
        target.append(name);
      }
    }
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>();
  }
};

std::string_view journal_priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return SD_ERR;
    case spdlog::level::warn:
      return SD_WARNING;
    case spdlog::level::debug:
      return SD_DEBUG;
    default:
      return SD_INFO;
  }
}

/// The text as the journal wants it: each line with its priority in front.
class JournalText : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& target) override {
    const std::string_view priority = journal_priority(message.level);
    target.append(priority);
    for (const char c : message.payload) {
      target.push_back(c);
      if (c == '\n') {
        target.append(priority);
      }
    }
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalText>();
  }
};

/// As sd-journal says: systemd names the device and inode of the stream that it made for us.
bool is_standard_error_the_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// The sinks of the one logger that there is. They can be exchanged while another thread logs,
/// which the default logger cannot.
const std::shared_ptr<spdlog::sinks::dist_sink_mt>& exchangeable_sinks() {
  static const auto sinks = std::make_shared<spdlog::sinks::dist_sink_mt>();
  return sinks;
}

const std::shared_ptr<spdlog::logger>& the_logger() {
  static const auto logger = std::make_shared<spdlog::logger>("wemol", exchangeable_sinks());
  return logger;
}

template <typename Flag>
std::unique_ptr<spdlog::formatter> formatter_with(const std::string& pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Flag>('*').set_pattern(pattern);
  return formatter;
}

}  // namespace

std::optional<LogLevel> parse_log_level(const std::string& text) {
  std::string upper = text;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto* const found = std::ranges::find(kLevels, std::string_view(upper),
                                              [](const auto& entry) { return entry.first; });
  return found == kLevels.end() ? std::nullopt : std::optional(found->second);
}

std::string_view name_of(LogLevel level) {
  return std::ranges::find(kLevels, level, [](const auto& entry) { return entry.second; })->first;
}

void set_up_log(LogLevel level, const std::filesystem::path& file) {
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_st>()};
  std::string problem;
  if (!file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_st>(
          file.string(), kRotateAtBytes, kOldFilesKept));
    } catch (const spdlog::spdlog_ex& error) {
      problem = error.what();
    }
  }
  for (const auto& sink : sinks) {
    sink->set_formatter(formatter_with<LevelName>("%Y-%m-%d %H:%M:%S,%e - %* - %v"));
  }
  if (is_standard_error_the_journal()) {
    sinks.front()->set_formatter(formatter_with<JournalText>("%*"));
  }
  exchangeable_sinks()->set_sinks(std::move(sinks));
  const auto& logger = the_logger();
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);
  if (spdlog::default_logger() != logger) {
    spdlog::set_default_logger(logger);
  }
  set_log_sink(log_to_spdlog);
  if (!problem.empty()) {
    spdlog::error("the log file {} cannot be written ({}); the log goes to standard error only",
                  file.string(), problem);
  }
}

}  // namespace wemol
