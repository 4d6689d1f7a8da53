#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "card.h"
#include "card_locks.h"
#include "card_look.h"
#include "event_loop.h"
#include "job.h"
#include "job_book.h"
#include "keeper.h"
#include "queue_settings.h"

namespace wemol::queue {

/// The tries that run: starts their keepers, watches them, and tells the book how they ended.
class Tries {
 public:
  /// `ended` is called from the loop, after the book knows of it.
  Tries(EventLoop& loop, JobBook& book, const QueueSettings& settings, const CardLocks& locks,
        std::function<void(JobId)> ended);

  /// Takes over what runs from before, and the results of what has ended meanwhile.
  void adopt();

  enum class Start {
    done,
    held_by_other,  ///< another scheduler holds one of the cards
    failed,         ///< for the scheduler's own reasons; the job's queue waits for check_time
  };
  /// Unless it is done nothing has begun, and no try is used up.
  [[nodiscard]] Start start(JobId id, const std::vector<Card>& cards);

  /// Ends all processes of a job; the end is told as any other.
  void end(JobId id);

  [[nodiscard]] bool is_empty() const { return watched_.empty(); }
  [[nodiscard]] std::vector<OwnTry> running() const;

 private:
  /// Logs why nothing can be started when that changes; empty: something could.
  void note_problem(JobId id, const std::string& problem);
  [[nodiscard]] Start postpone(JobId id, const std::vector<Card>& cards, const std::string& why);
  [[nodiscard]] Result<void> begin(JobId id, const std::vector<Card>& cards,
                                   const std::vector<int>& locks);
  /// The lock of a card, which jobs that share it share. The error's code is EWOULDBLOCK when
  /// another scheduler has it.
  [[nodiscard]] Result<CardLock> lock(const std::string& uuid) const;
  [[nodiscard]] bool runs_on(const std::string& uuid) const;
  void give_back(const std::vector<std::string>& uuids);
  [[nodiscard]] TryOrder order_for(const Job& job, const std::vector<Card>& cards) const;
  void watch(JobId id);
  void on_end(JobId id);
  void tell_end(JobId id, TryResult result);

  EventLoop& loop_;
  JobBook& book_;
  const QueueSettings& settings_;
  const CardLocks& locks_;
  std::function<void(JobId)> ended_;
  std::map<JobId, WatchedTry> watched_;
  std::map<std::string, CardLock> held_;  ///< by UUID, beside what the keepers have of them
  std::map<JobId, EventSource> ended_meanwhile_;
  std::string start_problem_;  ///< why the last try could not be started, if so
};

}  // namespace wemol::queue
