#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "queue_history.h"
#include "run_selection.h"

namespace wemol::report {

/// What some tries have come to, and taken.
struct TryTotals {
  std::uint64_t tries = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;  ///< those out of memory among them
  std::uint64_t out_of_memory = 0;
  std::uint64_t canceled = 0;
  std::uint64_t time_unknown = 0;  ///< their time is in neither sum
  double run_seconds = 0;
  double card_seconds = 0;  ///< a try on two cards counts twice

  void add(const reading::EndedTry& ended_try);
};

struct JobFigures {
  TryTotals totals;
  std::optional<WallTime> first_started;
  reading::EndedTry last;                         ///< the try that ended last
  std::map<std::string, std::uint64_t> failures;  ///< how often, by error type
};

struct QueueTotals {
  TryTotals totals;
  std::uint64_t jobs = 0;  ///< of which a try has ended
  std::set<std::string> users;
};

/// The jobs of some state directories, by what the histories there say.
class QueueFigures {
 public:
  /// A job's id is its directory's own.
  struct JobKey {
    std::size_t folder = 0;
    std::uint64_t job = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for one
    auto operator<=>(const JobKey&) const = default;
  };
  struct QueueKey {
    std::size_t folder = 0;
    std::string queue;

    // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for one
    auto operator<=>(const QueueKey&) const = default;
  };

  /// Takes the tries that ended within the window.
  explicit QueueFigures(TimeWindow window) : window_(window) {}

  /// A try that was written twice, as after a crash, counts once.
  void add(std::size_t folder, const reading::EndedTry& ended_try);

  [[nodiscard]] const std::map<JobKey, JobFigures>& jobs() const { return jobs_; }
  /// A job's tries belong to the queue that each names.
  [[nodiscard]] const std::map<QueueKey, QueueTotals>& queues() const { return queues_; }
  [[nodiscard]] std::uint64_t tries() const { return tries_; }
  [[nodiscard]] std::uint64_t repeated_tries() const { return repeated_tries_; }

 private:
  TimeWindow window_;
  std::map<JobKey, JobFigures> jobs_;
  std::map<QueueKey, QueueTotals> queues_;
  std::set<std::pair<JobKey, std::pair<std::uint64_t, std::string>>> seen_;
  std::set<std::pair<QueueKey, std::uint64_t>> jobs_of_queues_;
  std::uint64_t tries_ = 0;
  std::uint64_t repeated_tries_ = 0;
};

}  // namespace wemol::report
