#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "files.h"
#include "job.h"
#include "process_ending.h"
#include "time_points.h"
#include "try_cgroup.h"
#include "try_log.h"
#include "try_order.h"

namespace wemol::queue {

/// Runs the commands of a try in a process that is the reaper of all that they start, and in a
/// control group where that may be made, and returns when all of that has ended. SIGTERM, which has
/// to be blocked as SIGCHLD has, ends them. While nothing happens it does nothing.
class TryRun {
 public:
  /// `cgroup` is that in which this process is, if it is known.
  TryRun(const TryOrder& order, const std::optional<std::filesystem::path>& cgroup);
  ~TryRun();
  TryRun(const TryRun&) = delete;
  TryRun& operator=(const TryRun&) = delete;

  [[nodiscard]] TryResult run();

 private:
  void start_command();
  void wait_for_news();
  void take_signals();
  void take_output();
  void reap();
  void note_that_none_is_ours();
  void note_end_of_command(int status);
  void check_time();
  void end_on_request();
  void end_all(TryResult result);
  [[nodiscard]] const TryCgroup* cgroup() const { return cgroup_ ? &*cgroup_ : nullptr; }
  [[nodiscard]] TryResult failed_by(int status);
  [[nodiscard]] std::string command_in_words() const;
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  [[nodiscard]] TryResult final_result() const;

  const TryOrder& order_;
  TryLog log_;
  Variables environment_;
  UniqueFd signals_;
  UniqueFd output_;          ///< read here
  UniqueFd command_output_;  ///< the commands write there; open for as long as the try runs
  std::size_t command_ = 0;  ///< from 0: the one that runs or ran last
  std::optional<pid_t> running_;
  std::optional<TryCgroup> cgroup_;
  bool waits_for_cgroup_ = false;  ///< somebody else's children are in it
  std::filesystem::path memory_kills_;
  std::optional<std::uint64_t> killed_for_memory_before_;
  std::optional<SteadyTime> command_due_;
  std::optional<TryResult> result_;  ///< is known; what is left runs on or is being ended
  std::optional<ProcessEnding> ending_;
  std::size_t failed_in_background_ = 0;
  bool is_over_ = false;
};

}  // namespace wemol::queue
