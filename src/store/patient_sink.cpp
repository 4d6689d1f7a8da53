#include "patient_sink.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

std::size_t readings_of(const Snapshot& snapshot) {
  return snapshot.samples.size() + snapshot.ended_runs.size() + snapshot.gpu_devices.size();
}

}  // namespace

/// Belongs to the sink and its worker, whichever goes last.
struct PatientSink::State {
  /// What was not written, or not yet.
  struct Amount {
    std::size_t rounds = 0;
    std::size_t rows = 0;
    std::size_t ended_runs = 0;

    void add(const Snapshot& snapshot) {
      ++rounds;
      rows += snapshot.samples.size();
      ended_runs += snapshot.ended_runs.size();
    }
    [[nodiscard]] std::string text() const {
      return fmt::format("{} with {} and the ends of {}", counted(rounds, "round"),
                         counted(rows, "row"), counted(ended_runs, "run"));
    }
  };
  struct Round {
    std::shared_ptr<const Snapshot> snapshot;
    Moment moment;
  };

  State(Sinks all, std::shared_ptr<RoundClock> clock)
      : round_clock(std::move(clock)), sinks(std::move(all)) {}

  // Only the job's while it runs. The sinks refer to the clock, so they go first.
  std::shared_ptr<RoundClock> round_clock;
  Sinks sinks;

  std::mutex mutex;  ///< of all below
  std::deque<Round> waiting;
  std::size_t waiting_readings = 0;
  std::optional<Round> in_writing;
  Conditions conditions;  ///< of the last round that was written
  Amount lost;

  void add(Round round, const Bounds& bounds) {
    const std::lock_guard lock(mutex);
    waiting_readings += readings_of(*round.snapshot);
    waiting.push_back(std::move(round));
    while (waiting.size() > 1 &&
           (waiting.size() > bounds.rounds || waiting_readings > bounds.readings)) {
      lose_oldest(bounds);
    }
  }

  void lose_oldest(const Bounds& bounds) {
    const auto oldest = std::exchange(waiting.front().snapshot, nullptr);
    waiting.pop_front();
    waiting_readings -= readings_of(*oldest);
    ++lost.rounds;
    lost.rows += oldest->samples.size();
    if (oldest->ended_runs.empty()) {
      return;
    }
    constexpr std::size_t kPartsForEnds = 2;
    if (oldest->ended_runs.size() > bounds.readings / kPartsForEnds) {
      lost.ended_runs += oldest->ended_runs.size();
      return;
    }
    auto next = std::make_shared<Snapshot>(*waiting.front().snapshot);
    next->ended_runs.insert(next->ended_runs.begin(), oldest->ended_runs.begin(),
                            oldest->ended_runs.end());
    waiting_readings += oldest->ended_runs.size();
    waiting.front().snapshot = std::move(next);
  }

  /// The job: it ends when no round waits.
  void write_waiting() {
    while (const auto round = take_next()) {
      round_clock->set(round->moment);
      Conditions found;
      for (const auto& sink : sinks) {
        std::ranges::move(sink->write_shared(round->snapshot), std::back_inserter(found));
      }
      const std::lock_guard lock(mutex);
      conditions = std::move(found);
      in_writing.reset();
    }
  }

  std::optional<Round> take_next() {
    const std::lock_guard lock(mutex);
    if (waiting.empty()) {
      return std::nullopt;
    }
    in_writing = std::move(waiting.front());
    waiting.pop_front();
    waiting_readings -= readings_of(*in_writing->snapshot);
    return in_writing;
  }

  bool has_unwritten() {
    const std::lock_guard lock(mutex);
    return in_writing || !waiting.empty();
  }

  /// With the lock held.
  [[nodiscard]] Amount unwritten() const {
    Amount amount;
    if (in_writing) {
      amount.add(*in_writing->snapshot);
    }
    for (const Round& round : waiting) {
      amount.add(*round.snapshot);
    }
    return amount;
  }
  /// With the lock held; nothing when all is written.
  [[nodiscard]] std::optional<Moment> late_since() const {
    if (in_writing) {
      return in_writing->moment;
    }
    return waiting.empty() ? std::nullopt : std::optional(waiting.front().moment);
  }
};

PatientSink::PatientSink(Settings settings, const Clock& clock, Sinks sinks,
                         std::shared_ptr<RoundClock> round_clock)
    : settings_(std::move(settings)),
      clock_(clock),
      state_(std::make_shared<State>(std::move(sinks), std::move(round_clock))) {}

Conditions PatientSink::write(const Snapshot& snapshot) {
  return write_shared(std::make_shared<const Snapshot>(snapshot));
}

Conditions PatientSink::write_shared(const std::shared_ptr<const Snapshot>& snapshot) {
  const bool was_late = worker_.is_busy();
  state_->add({.snapshot = snapshot, .moment = clock_.moment()}, settings_.bounds);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (write_waiting_until(was_late ? now : now + settings_.longest_wait)) {
    const std::lock_guard lock(state_->mutex);
    return state_->conditions;
  }
  return late_conditions();
}

bool PatientSink::write_waiting_until(SteadyTime due) {
  while (state_->has_unwritten()) {
    // Refused while the job before runs, which takes this round too unless it is about to end.
    (void)worker_.start([state = state_] { state->write_waiting(); });
    if (!worker_.finish_by(due)) {
      return !state_->has_unwritten();
    }
  }
  return true;
}

Conditions PatientSink::late_conditions() const {
  const std::lock_guard lock(state_->mutex);
  Conditions conditions = state_->conditions;
  const auto since = state_->late_since();
  if (!since || clock_.now() - since->steady < settings_.unsaid) {
    return conditions;
  }
  conditions.push_back(
      {.key = "output folder late",
       .severity = Severity::warning,
       .message =
           fmt::format("the output folder {} has not answered since {}: {} in memory and "
                       "will be written in order",
                       settings_.folder.string(), LocalTimeText().of(since->wall),
                       state_->waiting.empty()
                           ? "1 round waits"
                           : fmt::format("{} rounds wait",
                                         state_->waiting.size() + (state_->in_writing ? 1 : 0)))});
  if (state_->lost.rounds > 0) {
    conditions.push_back(
        {.key = "output folder late, rounds lost",
         .severity = Severity::error,
         .message =
             fmt::format("{} that waited for the output folder are lost so far: at most {} "
                         "rounds and {} readings wait",
                         state_->lost.text(), settings_.bounds.rounds, settings_.bounds.readings)});
  }
  return conditions;
}

bool PatientSink::finish_by(SteadyTime due) {
  if (write_waiting_until(due)) {
    // To close a file can hang as well.
    if (worker_.finish_by(due) && worker_.start([state = state_] { state->sinks.clear(); }) &&
        worker_.finish_by(due)) {
      return true;
    }
    spdlog::warn("the output folder {} has not answered after its last row was written",
                 settings_.folder.string());
    return false;
  }
  const std::lock_guard lock(state_->mutex);
  const auto since = state_->late_since();
  spdlog::error("the output folder {} has not answered since {}: {} that wait for it are lost",
                settings_.folder.string(),
                since ? LocalTimeText().of(since->wall) : "the last round",
                state_->unwritten().text());
  return false;
}

}  // namespace wemol
