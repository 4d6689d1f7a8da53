#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "device_files.h"

namespace wemol::reading {

/// A stretch of time that is cut into pieces: a day of 23, 24 or 25 hours into ten minutes each.
struct DeviceSpan {
  std::int64_t begin_epoch = 0;
  std::int64_t end_epoch = 0;
  std::int64_t piece_seconds = 600;

  [[nodiscard]] std::int64_t pieces() const {
    return (end_epoch - begin_epoch + piece_seconds - 1) / piece_seconds;
  }
};

/// Sums over rows; all rows of a piece count the same.
struct DevicePiece {
  double utilization_sum = 0;
  std::uint32_t utilization_count = 0;
  double memory_sum = 0;
  std::uint32_t memory_count = 0;

  [[nodiscard]] std::optional<double> utilization_percent() const {
    return utilization_count == 0 ? std::nullopt
                                  : std::optional(utilization_sum / utilization_count);
  }
  [[nodiscard]] std::optional<double> memory_percent() const {
    return memory_count == 0 ? std::nullopt : std::optional(memory_sum / memory_count);
  }
};

/// A user on a GPU without a break.
struct DeviceHold {
  std::string user;
  std::int64_t begin_epoch = 0;
  std::int64_t end_epoch = 0;
};

/// One GPU in one span.
struct DeviceInSpan {
  unsigned index = 0;  ///< the last one: a boot may change it
  std::int64_t index_at_epoch = 0;
  std::string name;
  std::vector<DevicePiece> pieces;
  std::vector<DeviceHold> holds;  ///< in order of time
  std::uint64_t rows = 0;
  std::uint64_t rows_with_users = 0;  ///< in which it is known who was on it, or that nobody was
};

/// What one file, or several, hold of some spans.
struct DevicePart {
  std::vector<std::map<std::string, DeviceInSpan>> spans;  ///< by UUID
  std::uint64_t bad_lines = 0;
  std::vector<std::string> warnings;
};

/// Whether a file of that day may hold rows of the time, in whatever zone it was written.
[[nodiscard]] bool may_hold(const DeviceFile& file, std::int64_t begin_epoch,
                            std::int64_t end_epoch);

/// Rows of the spans, which are in order and do not overlap. A line that is none, as the half of
/// one whose writer was killed, is counted.
[[nodiscard]] DevicePart read_device_rows(const DeviceFile& file,
                                          const std::vector<DeviceSpan>& spans);

/// Adds what another file holds of the same spans; files come in order of time.
void add_part(DevicePart&& part, DevicePart& sum);

}  // namespace wemol::reading
