#include "level.h"

#include <algorithm>

namespace wemol::hub {
namespace {

constexpr int kHourBits = 25;
constexpr int kLevelBits = 2;
constexpr FileTime kHour = 3600;

}  // namespace

FileTime file_time(WallTime time) {
  const FileTime seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return std::clamp(seconds, kFirstTime, kLastTime);
}

FileTime chunk_begin(const Level& level, FileTime time) {
  return time - time % level.chunk_span().count();
}

std::size_t step_of(const Level& level, FileTime time) {
  return static_cast<std::size_t>(time % level.chunk_span().count() / level.step.count());
}

std::int64_t chunk_key(std::int64_t host, const Level& level, FileTime begin) {
  return (((host << kLevelBits) | level.number) << kHourBits) | (begin / kHour);
}

FileTime begin_of_key(std::int64_t key) {
  constexpr std::int64_t kMask = (std::int64_t{1} << kHourBits) - 1;
  return (key & kMask) * kHour;
}

}  // namespace wemol::hub
