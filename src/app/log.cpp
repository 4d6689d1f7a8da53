#include "log.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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

}  // namespace

std::optional<LogLevel> parse_log_level(const std::string& text) {
  std::string upper = text;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto* const found = std::ranges::find(kLevels, std::string_view(upper),
                                              [](const auto& entry) { return entry.first; });
  return found == kLevels.end() ? std::nullopt : std::optional(found->second);
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
  auto logger = std::make_shared<spdlog::logger>("wemol-recorder", sinks.begin(), sinks.end());
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%d %H:%M:%S,%e - %* - %v");
  logger->set_formatter(std::move(formatter));
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  if (!problem.empty()) {
    spdlog::error("the log file {} cannot be written ({}); the log goes to standard error only",
                  file.string(), problem);
  }
}

}  // namespace wemol
