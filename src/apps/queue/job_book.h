#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <wemol/result.h>

#include "block_change.h"
#include "changes.h"
#include "clock.h"
#include "queue_settings.h"
#include "scheduler_state.h"
#include "state_file.h"
#include "try_records.h"

namespace wemol::queue {

/// The jobs and all that is durable about them: each change is on the disk when its function
/// returns, and in the log. A disk that takes nothing is an ERROR in the log; the change holds.
class JobBook {
 public:
  /// Of the state directory, which it locks against another scheduler.
  [[nodiscard]] static Result<std::unique_ptr<JobBook>> open(const std::filesystem::path& state_dir,
                                                             const Moment& now);

  [[nodiscard]] const SchedulerState& state() const { return state_; }
  [[nodiscard]] const Job& job(JobId id) const { return state_.jobs.at(id); }
  [[nodiscard]] const std::filesystem::path& state_dir() const { return state_file_.folder(); }

  JobId add(JobSpec spec, const Moment& now);
  /// Adds the jobs of new blocks and takes away the pending ones whose blocks are gone.
  void take_command_file(const std::filesystem::path& path, const CommandFileReading& reading,
                         const Moment& now);
  /// All blocks of the file count as new ones from now on.
  void forget_command_file(const std::filesystem::path& path);

  /// Before the keeper is started: what is on the disk then makes that no job is started twice.
  /// After an error nothing has changed, and no keeper may be started.
  [[nodiscard]] Result<void> begin_try(JobId id, const std::vector<std::string>& cards,
                                       const Moment& now);
  /// After begin_try(), where no keeper could be started: the job is as it was before.
  void take_back_try(JobId id, const Moment& now);
  /// See changes.h; a restart forgets it.
  void postpone_start(JobId id, std::string why, SteadyTime until) {
    queue::postpone_start(state_, job(id).spec.queue, std::move(why), until);
  }
  void set_keeper(JobId id, const ProcessId& keeper, const Moment& now);
  /// Asks uni_id.json whether the job itself has reported a failure. The try's result file goes
  /// when all of it is on the disk; until then a restart finds it.
  void end_try(JobId id, TryResult result, const QueueSettings& settings, const Moment& now);

  /// The errors say what to do instead. A job that runs is canceled when its try ends.
  [[nodiscard]] Result<void> cancel(JobId id, const Moment& now);
  [[nodiscard]] Result<void> retry(JobId id, const Moment& now);
  [[nodiscard]] Result<void> skip(JobId id, const Moment& now);
  [[nodiscard]] Result<void> hold(const std::string& queue, const Moment& now);
  [[nodiscard]] Result<void> release(const std::string& queue, const Moment& now);

  /// See changes.h; it is not worth a place on the disk.
  void note_waiting(SteadyTime now) { queue::note_waiting(state_, now); }
  /// Of tries whose end an earlier scheduler has noted, but not in each of the files.
  void take_in_ends(const Moment& now);
  /// "running" entries of uni_id.json whose process is gone.
  void end_orphans(const Moment& now);
  /// Of uni_id.json, see TryRecords.
  void remove_old_entries(const Moment& now) { records_.remove_old_entries(now); }

 private:
  /// What begin_try() has changed.
  struct BeforeTry {
    Job job;
    QueueState queue;
  };

  JobBook(StateFile state_file, const std::filesystem::path& state_dir);

  void save_job(JobId id, const Moment& now);
  /// With those that can never start any more because of it.
  void save_end(JobId id, const Moment& now);
  /// Those that the change of this moment has skipped because of another job.
  void append_skipped(std::vector<JobId>& jobs, const Moment& now) const;
  void save_queue(const std::string& queue, const Moment& now);
  /// False: it is not on the disk, which is in the log once.
  bool save(const StateChange& change, const Moment& now);
  void restore(JobId id);

  StateFile state_file_;
  TryRecords records_;
  SchedulerState state_;
  BlockJobs blocks_;
  std::mt19937_64 random_{std::random_device{}()};
  std::string disk_problem_;
  BeforeTry before_try_;
};

/// "job 3 (queue 1)"
[[nodiscard]] std::string name_of(const Job& job);

}  // namespace wemol::queue
