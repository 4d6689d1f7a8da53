#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "time_points.h"

namespace wemol::hub {

/// Steps of a chunk, at each level.
inline constexpr std::int64_t kStepsOfChunk = 360;

/// How fine the past is kept.
struct Level {
  std::int64_t number = 0;  ///< in the file
  std::chrono::seconds step{};

  [[nodiscard]] constexpr std::chrono::seconds chunk_span() const { return step * kStepsOfChunk; }
};

inline constexpr std::array kLevels{
    Level{0, std::chrono::seconds(10)},
    Level{1, std::chrono::seconds(60)},
    Level{2, std::chrono::seconds(600)},
};

/// Seconds since 1970: times in the file.
using FileTime = std::int64_t;
[[nodiscard]] FileTime file_time(WallTime time);

/// The chunk's begin at which, or after which, the time lies.
[[nodiscard]] FileTime chunk_begin(const Level& level, FileTime time);
/// Which step of its chunk.
[[nodiscard]] std::size_t step_of(const Level& level, FileTime time);

/// The number of a chunk's row: host, level and time in one, so that the rows of a host's level lie
/// together in the file. The begin is a whole hour of the years 1970 to 5797.
[[nodiscard]] std::int64_t chunk_key(std::int64_t host, const Level& level, FileTime begin);
[[nodiscard]] FileTime begin_of_key(std::int64_t key);

/// Times before and after which nothing is kept: what a clock says that is not set.
inline constexpr FileTime kFirstTime = 0;
inline constexpr FileTime kLastTime = (std::int64_t{1} << 25) * 3600 - 1;

}  // namespace wemol::hub
