#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "recorded_runs.h"

namespace wemol::reading {

enum class TryOutcome { succeeded, failed, canceled };

/// A try of a job of wemol-queue that has ended.
struct EndedTry {
  std::uint64_t job = 0;
  std::string queue;
  std::uint64_t number = 0;  ///< of the job's tries, from 1
  std::string uni_id;
  std::string user;
  std::string host;
  std::vector<std::string> cards;             ///< UUIDs
  std::optional<std::uint64_t> memory_bytes;  ///< that it asked for on each card
  std::optional<WallTime> started;            ///< absent: it could not be started
  WallTime ended;
  TryOutcome outcome = TryOutcome::failed;
  std::string error_type;  ///< "exit", "oom", …; empty where it has not failed
  std::optional<std::int64_t> code;

  /// Absent: it is unknown, or the clock was set back meanwhile.
  [[nodiscard]] std::optional<double> seconds() const;
};

/// Reads a line of history.jsonl. Further keys are passed over. The error says what is wrong.
[[nodiscard]] Result<EndedTry> parse_ended_try(std::string_view line);

struct QueueHistoryReading {
  std::uint64_t tries = 0;
  /// The last line has no end and is no whole line: its writer was cut off, or still writes.
  bool has_torn_end = false;
  ReadingReport report;  ///< bad lines, bytes
};

/// Hands each try in a scheduler's history.jsonl to `take`, in the file's order. Fails when the
/// file cannot be opened; the code is the errno.
[[nodiscard]] Result<QueueHistoryReading> read_queue_history(
    const std::filesystem::path& file, const std::function<void(const EndedTry&)>& take,
    const Progress& progress);

}  // namespace wemol::reading
