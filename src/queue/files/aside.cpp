#include "aside.h"

#include <ctime>
#include <system_error>

#include <fmt/format.h>

namespace wemol::queue {

std::filesystem::path aside_path(const std::filesystem::path& path, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  const std::string name =
      fmt::format("{}.bad-{:04}{:02}{:02}-{:02}{:02}{:02}", path.string(), utc.tm_year + 1900,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::filesystem::path free_name = name;
  std::error_code ignored;
  for (int number = 2; std::filesystem::exists(free_name, ignored); ++number) {
    free_name = fmt::format("{}.{}", name, number);
  }
  return free_name;
}

}  // namespace wemol::queue
