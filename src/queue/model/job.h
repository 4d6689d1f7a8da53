#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "time_points.h"

namespace wemol::queue {

/// Numbers from 1 in the order in which jobs were added to a state directory; never given twice.
using JobId = std::uint64_t;

/// What somebody asks for: a block of the command file, or `add`.
struct JobSpec {
  std::string queue;
  /// Run one after the other by /bin/sh -c; {work_dir} and {uni_id} stand as they were written.
  std::vector<std::string> commands;
  std::uint64_t memory_bytes = 0;  ///< on each card
  unsigned gpus = 1;
  std::optional<JobId> after;  ///< starts only when that job has succeeded

  bool operator==(const JobSpec&) const = default;
};

enum class JobState { pending, running, succeeded, failed, canceled, skipped };
[[nodiscard]] std::string_view name_of(JobState state);
[[nodiscard]] bool is_over(JobState state);

/// Why a try failed.
enum class Failure {
  exit_status,    ///< `code` is the status
  signal,         ///< `code` is its number
  timeout,        ///< command_timeout was up
  out_of_memory,  ///< of the card (its text in the log's tail), exit 137, or killed by the kernel
                  ///< for it
  reported,       ///< the job wrote an abnormal_exit of its own into uni_id.json
  not_started,    ///< `code` is the errno
  unknown,        ///< it is gone and left no result
};
[[nodiscard]] std::string_view name_of(
    Failure failure);  ///< as uni_id.json's error_type has it: "oom"

struct TryResult {
  bool has_succeeded = false;
  Failure failure = Failure::unknown;  ///< where it has not succeeded
  int code = 0;
  std::string text;  ///< "command 2 of 3 exited with status 1"
};

/// A process as no other one is: pid and start time in the kernel's ticks since the boot.
struct ProcessId {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;

  bool operator==(const ProcessId&) const = default;
};

/// A job with its past. One try runs at most.
struct Job {
  JobId id = 0;
  JobSpec spec;
  JobState state = JobState::pending;
  unsigned tries = 0;              ///< that have begun
  unsigned retry_count = 0;        ///< tries that failed and were followed by another, or will be
  std::uint64_t memory_bytes = 0;  ///< the demand now: spec's, or grown after out-of-memory
  std::string uni_id;              ///< of the try that runs, or of the last one
  std::vector<std::string> cards;  ///< UUIDs, of the try that runs or of the last one
  ProcessId keeper;                ///< of the try that runs; see run/keeper.h
  WallTime added_at;
  std::optional<WallTime> started_at;  ///< of that try
  std::optional<WallTime> ended_at;    ///< of that try
  std::optional<TryResult> last_result;
  bool is_cancel_requested = false;  ///< while its try is being ended
};

}  // namespace wemol::queue
