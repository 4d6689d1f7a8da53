#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "clock.h"
#include "files.h"
#include "scheduler_state.h"
#include "state_journal.h"

namespace wemol::queue {

/// Which jobs came of the blocks of a command file, in file order. The key is its absolute path.
using BlockJobs = std::map<std::string, std::vector<JobId>>;

struct LoadedState {
  SchedulerState state;
  BlockJobs blocks;
  std::vector<std::string> warnings;  ///< what could not be read and is lost; for the log
};

/// Names what has changed since the last save. An id or name that the state does not have any more
/// is forgotten on the disk as well.
struct StateChange {
  std::vector<JobId> jobs;
  std::vector<std::string> queues;
  std::vector<std::string> block_files;

  [[nodiscard]] bool empty() const { return jobs.empty() && queues.empty() && block_files.empty(); }
};

/// What the scheduler has to know after a restart, in "<folder>/state.jsonl": a journal of JSON
/// lines to which each save adds one, durable when it returns, and which is written anew when most
/// of it is out of date. Also the lock of the state directory ("scheduler.lock").
class StateFile {
 public:
  /// Makes the folder where it is missing. The error says which process of which host is the
  /// scheduler already; its code is EWOULDBLOCK then.
  [[nodiscard]] static Result<StateFile> open(const std::filesystem::path& folder);

  /// To be called once, before the first save. Times of the steady clock are kept as wall times and
  /// put back by `now`. Lines that cannot be read are named in the warnings and kept in a copy
  /// ("state.jsonl.bad-<time>").
  [[nodiscard]] Result<LoadedState> load(const Moment& now);

  /// One line and one fdatasync(2), for all of `change` or none of it. After an error (a full disk)
  /// the file is as before, and the next save writes this change too.
  [[nodiscard]] Result<void> save(const SchedulerState& state, const BlockJobs& blocks,
                                  const StateChange& change, const Moment& now);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  StateFile(std::filesystem::path folder, UniqueFd lock);

  std::filesystem::path folder_;
  UniqueFd lock_;
  StateJournal journal_;
  StateChange not_saved_;
};

}  // namespace wemol::queue
