#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "log_line.h"

namespace wemol::test {

/// Gathers what is logged while it lives, as "level text".
class LogCapture {
 public:
  LogCapture() : previous_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%l %v");
    logger->set_level(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
    set_log_sink([](Severity severity, std::string_view line) {
      const auto level = severity == Severity::error     ? spdlog::level::err
                         : severity == Severity::warning ? spdlog::level::warn
                                                         : spdlog::level::info;
      spdlog::log(level, "{}", line);
    });
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() {
    set_log_sink(nullptr);
    spdlog::set_default_logger(previous_);
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::istringstream stream(text_.str());
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
      lines.push_back(line);
    }
    return lines;
  }
  [[nodiscard]] std::size_t count(const std::string& part) const {
    const auto all = lines();
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& line) { return line.find(part) != std::string::npos; }));
  }
  void clear() { text_.str(""); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> previous_;
};

}  // namespace wemol::test
