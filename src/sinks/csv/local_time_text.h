#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>

namespace wemol {

/// Local time as "2025-06-04 09:44:28". The rows of one round have the same few seconds, so the
/// last one is kept; a change of the system's time zone is noticed with the next second.
class LocalTimeText {
 public:
  [[nodiscard]] const std::string& of(std::chrono::system_clock::time_point time);

 private:
  std::optional<std::time_t> seconds_;
  std::string text_;
};

}  // namespace wemol
