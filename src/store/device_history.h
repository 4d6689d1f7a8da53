#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "csv_file.h"
#include "device_intervals.h"
#include "device_settings.h"
#include "files.h"

namespace wemol {

/// Writes `<folder>/devices/<DATE>.csv`, a file for each local day. What it promises:
/// - The rows of an interval are written by one write(2), as CsvFile has it: there whole or not.
/// - One writer: a second one is refused while this one lives (flock on `devices/.lock`).
/// - A day that is older than `compress_after_days` becomes `<DATE>.csv.gz`. A crash leaves the
///   one, the other, or for a while both, with the same rows.
/// - Days that are older than `keep_days` are removed. Files with other names are left alone.
/// - Intervals that cannot be written wait, kMostWaiting at most; the oldest is dropped and said.
class DeviceHistory {
 public:
  /// Twelve hours at a minute each.
  static constexpr std::size_t kMostWaiting = 720;

  /// Makes the folder. Fails when it cannot, or when another writer has it.
  [[nodiscard]] static Result<DeviceHistory> open(const DeviceHistorySettings& settings);

  void add(DeviceBlock block);
  /// Writes what waits; with the first rows of a day it compresses and removes old days. May take
  /// as long as the file system likes. Returns the conditions that hold now.
  [[nodiscard]] Conditions flush();

 private:
  DeviceHistory(DeviceHistorySettings settings, std::filesystem::path folder, UniqueFd lock)
      : settings_(std::move(settings)), folder_(std::move(folder)), lock_(std::move(lock)) {}

  void write_waiting(Conditions& conditions);
  void tend(Conditions& conditions);

  DeviceHistorySettings settings_;
  std::filesystem::path folder_;
  UniqueFd lock_;
  std::string date_;  ///< of file_
  std::optional<CsvFile> file_;
  std::deque<DeviceBlock> waiting_;
  std::size_t dropped_ = 0;
  std::string tended_on_;  ///< date
};

}  // namespace wemol
