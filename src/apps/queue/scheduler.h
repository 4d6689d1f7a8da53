#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "answers.h"
#include "card_locks.h"
#include "card_sight.h"
#include "control_server.h"
#include "decision.h"
#include "event_loop.h"
#include "input_files.h"
#include "job_book.h"
#include "queue_options.h"
#include "reason_log.h"
#include "tries.h"

namespace wemol::queue {

/// All of `wemol-queue run`: looks at the cards while a job waits for one, starts what fits, and
/// tries again what has failed.
class Scheduler {
 public:
  /// The options outlive it.
  Scheduler(EventLoop& loop, const QueueOptions& options, InputFiles files,
            std::unique_ptr<JobBook> book);

  [[nodiscard]] Result<void> start();
  /// Until all jobs are over, unless it is to keep running, or a stop is asked for. True: all over.
  [[nodiscard]] bool run();

  /// Whether a job of this run, or of an earlier one where this had none, has not succeeded.
  [[nodiscard]] bool has_failures() const;
  /// What goes on without this program.
  [[nodiscard]] std::vector<std::string> running_jobs() const;

 private:
  void tick();
  void set_next_tick(bool is_settling);
  void reread();
  void look_if_wanted();
  void on_look();
  void decide_now();
  [[nodiscard]] Tries::Start start_job(const Start& start);
  void note_nothing_can_start(const std::optional<std::string>& why);
  void note_waits(const Decision& decision);
  void after_look(std::function<void()> action);
  [[nodiscard]] SchedulerTimes times() const;
  [[nodiscard]] std::string status(const JobsWanted& wanted) const;
  [[nodiscard]] bool is_finished() const;

  EventLoop& loop_;
  const QueueOptions& options_;
  InputFiles files_;
  std::unique_ptr<JobBook> book_;
  CardLocks locks_;
  CardSight sight_;
  Tries tries_;
  Answers answers_;
  std::unique_ptr<ControlServer> server_;
  EventSource tick_;
  EventSource answer_timer_;
  std::vector<std::function<void()>> after_look_;

  std::optional<SteadyTime> last_start_;
  std::optional<SteadyTime> next_due_;
  std::optional<std::string> nothing_can_start_;
  std::map<JobId, std::string> job_reasons_;
  std::map<std::string, std::string> queue_reasons_;
  ReasonLog reasons_;
  JobId first_job_ = 1;  ///< of this run
  bool waits_for_card_ = false;
};

}  // namespace wemol::queue
