#include "local_time_text.h"

#include <fmt/chrono.h>

namespace wemol {

const std::string& LocalTimeText::of(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  if (seconds != seconds_) {
    tzset();  // localtime_r alone need not notice a changed time zone
    std::tm local{};
    localtime_r(&seconds, &local);
    text_ = fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
    seconds_ = seconds;
  }
  return text_;
}

}  // namespace wemol
