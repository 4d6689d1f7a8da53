#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clock.h"
#include "history_file.h"
#include "uni_id_file.h"

namespace wemol::queue {

/// What uni_id.json and history.jsonl say of tries. A file that takes nothing is an ERROR in the
/// log; what is to be written is kept until it can be.
class TryRecords {
 public:
  explicit TryRecords(std::filesystem::path state_dir);

  /// Before the job runs, which may write there as well.
  void note_begin(const Job& job, const Moment& now);
  void note_keeper(const Job& job, const Moment& now);
  /// After note_begin(): nothing has run.
  void forget_begin(const std::string& uni_id, const Moment& now);
  /// A failure where the job has succeeded, but has written an abnormal_exit of its own.
  [[nodiscard]] TryResult as_reported(const Job& job, TryResult result) const;
  /// `running`: the job as it was while its try ran.
  void note_end(const Job& running, const TryResult& result, bool is_canceled, WallTime ended_at);
  /// Writes the ends that are not in both files yet. The try's result file goes when they are;
  /// until then a restart finds it. Without `is_state_saved` nothing goes into history.jsonl: after
  /// a restart the try would end once more.
  void write_ends(bool is_state_saved, const Moment& now);
  /// "running" entries of which the process is gone and that are none of `running`.
  void end_orphans(const std::set<std::string>& running, const Moment& now);
  /// Of tries that an earlier scheduler has ended, all but the last kKeptEntries. Once, before the
  /// first end.
  void remove_old_entries(const Moment& now);

 private:
  /// Each change writes uni_id.json as a whole.
  static constexpr std::size_t kKeptEntries = 1000;

  /// A try that has ended, until all files have it.
  struct NewEnd {
    EndedTry ended;
    std::optional<UniIdRecord> record;  ///< still to be written to uni_id.json
    bool is_in_history = false;
  };

  /// False: it is not on the disk, which is in the log.
  bool record(const std::string& uni_id, const UniIdRecord& record, const Moment& now);
  void remove_beyond(std::size_t kept, const Moment& now);

  std::filesystem::path state_dir_;
  UniIdFile uni_ids_;
  HistoryFile history_;
  std::string user_;
  std::string host_;
  std::vector<NewEnd> new_ends_;
  std::deque<std::string> ended_;  ///< of uni_id.json, in the order in which they ended
};

}  // namespace wemol::queue
