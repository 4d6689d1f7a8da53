#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include <wemol/sink.h>

#include "blocking_worker.h"
#include "clock.h"

namespace wemol {

/// Shows the moment of the round that is being written, which may be a while ago.
class RoundClock : public Clock {
 public:
  explicit RoundClock(Moment moment) : moment_(moment) {}
  void set(Moment moment) { moment_ = moment; }

  [[nodiscard]] SteadyTime now() const override { return moment_.steady; }
  [[nodiscard]] WallTime wall_now() const override { return moment_.wall; }
  /// Nobody waits by it.
  [[nodiscard]] bool wait_until(SteadyTime /*due*/) override { return false; }

 private:
  Moment moment_;
};

/// Writes to a folder that may hang, such as NFS whose server is away, through sinks that run in a
/// thread of their own. A round waits for them up to the longest wait, and not at all while an
/// earlier round is still being written. Rounds that are not written yet wait in memory and are
/// written later, each to all sinks, in order. Beyond the bounds the oldest round is lost, but
/// not the ends of runs that it states: those go to the round after it. What waits and what is lost
/// is stated as a condition.
///
/// A sink that is late states nothing new: its last conditions are taken to hold.
class PatientSink : public Sink {
 public:
  using Sinks = std::vector<std::unique_ptr<Sink>>;
  struct Bounds {
    std::size_t rounds = 10'000;
    /// Samples, ends of runs and GPUs of all rounds that wait: each takes about 1 KiB of memory.
    std::size_t readings = 40'000;
  };
  struct Settings {
    std::filesystem::path folder;  ///< for the log
    std::chrono::nanoseconds longest_wait{};
    /// Rounds that wait for less are not worth a word.
    std::chrono::nanoseconds unsaid = std::chrono::seconds(1);
    Bounds bounds{};
  };

  /// `clock` dates the rounds. The sinks see `round_clock` only, and own what else they use: they
  /// may outlive everybody when they hang.
  PatientSink(Settings settings, const Clock& clock, Sinks sinks,
              std::shared_ptr<RoundClock> round_clock);
  /// Does not wait for what hangs.
  ~PatientSink() override = default;
  PatientSink(const PatientSink&) = delete;
  PatientSink& operator=(const PatientSink&) = delete;

  void set_longest_wait(std::chrono::nanoseconds wait) { settings_.longest_wait = wait; }

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;
  [[nodiscard]] Conditions write_shared(const std::shared_ptr<const Snapshot>& snapshot) override;

  /// Writes what waits and takes the sinks down; there is no write after it. False: at `due`, by
  /// the monotonic clock, a thread still hangs in the sinks, and the log says what is lost.
  [[nodiscard]] bool finish_by(SteadyTime due);

 private:
  struct State;

  /// False when rounds still wait at `due`.
  [[nodiscard]] bool write_waiting_until(SteadyTime due);
  [[nodiscard]] Conditions late_conditions() const;

  Settings settings_;
  const Clock& clock_;
  std::shared_ptr<State> state_;  ///< also the worker's
  BlockingWorker worker_;
};

}  // namespace wemol
