#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "files.h"
#include "job.h"
#include "process_ending.h"
#include "time_points.h"
#include "try_log.h"
#include "try_order.h"

namespace wemol::queue {

/// Runs the commands of a try in a process that is the reaper of all that they start, and returns
/// when all of that has ended. SIGTERM, which has to be blocked as SIGCHLD has, ends them. While
/// nothing happens it does nothing.
class TryRun {
 public:
  explicit TryRun(const TryOrder& order);

  [[nodiscard]] TryResult run();

 private:
  void start_command();
  void wait_for_news();
  void take_signals();
  void take_output();
  void reap();
  void note_end_of_command(int status);
  void check_time();
  void end_on_request();
  void end_all(TryResult result);
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
  std::optional<std::uint64_t> killed_for_memory_before_;
  std::optional<SteadyTime> command_due_;
  std::optional<TryResult> result_;  ///< is known; what is left runs on or is being ended
  std::optional<ProcessEnding> ending_;
  std::size_t failed_in_background_ = 0;
  bool is_over_ = false;
};

}  // namespace wemol::queue
