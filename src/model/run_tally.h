#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger_schema.h"

namespace wemol {

/// One GPU that the task used when it was looked at. Whole-device values unless named otherwise.
struct GpuReading {
  std::string_view id;  ///< the driver's index as text, or "Unknown"
  std::string_view name;
  std::optional<double> utilization_percent;
  std::optional<double> memory_used_mib;
  std::optional<double> task_memory_used_mib;  ///< the task's own processes
  std::optional<double> power_draw_watts;
  /// The tasks that used it at that moment, this one included; absent when nobody knows.
  std::optional<unsigned> tasks_on_it;
};

/// What one look at a run has seen.
struct UsageReading {
  WallTime read_at;
  /// How long after the reading before it, or after its process was made where it is the first one,
  /// by a clock that nobody steps. Absent: as the wall clock has it.
  std::optional<std::chrono::nanoseconds> since_before;
  std::optional<double> cpu_cores;  ///< 1 is one busy CPU
  /// How long a time before `read_at` the look has seen of the run: what `cpu_cores` is the mean
  /// of. Absent: at least one second, or since the reading before if that is less.
  std::optional<std::chrono::nanoseconds> seen;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<std::uint64_t> network_rx_bytes;  ///< since the run's start
  std::optional<std::uint64_t> network_tx_bytes;
  std::optional<std::uint64_t> block_read_bytes;
  std::optional<std::uint64_t> block_write_bytes;
  /// Absent: unknown in this look. Empty: it used none. The texts need to live for the call only.
  std::optional<std::span<const GpuReading>> gpus;
};

/// What is known of a run besides what the looks have seen.
struct RunFacts {
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  /// The end came no later than this after the last reading, by a clock that nobody steps.
  std::optional<std::chrono::nanoseconds> rest_at_most;
  std::optional<std::chrono::nanoseconds> cpu_used;  ///< the kernel's counter at the end
  std::optional<std::uint64_t> memory_peak_bytes;    ///< the kernel's own
};

/// Adds the readings of one run up, in constant memory.
///
/// A reading stands for the time since the reading before it; the first one for the time since the
/// start, or where that is unknown for as long as the second one; the last one also for the rest
/// up to the end. Where the wall clock has been stepped, the run has lasted as long as its readings
/// stand for. Means are weighted by these times. A total that no counter gives is the mean
/// times the run's duration: what nobody has seen is taken to be like the rest, and the coverage
/// tells how much that is. But where looks follow one another within less than five seconds, what
/// one does not know of the GPUs is taken to be as it was last known, for ten seconds: GPUs may be
/// measured more seldom than that, and more seldom the more they are used, so that the rest would
/// not be like it.
class RunTally {
 public:
  RunTally() = default;
  /// `started_at` where it is known.
  explicit RunTally(std::optional<WallTime> started_at) : started_at_(started_at) {}

  /// In the order of time. One whose time is before the last one's stands for no time.
  void add(const UsageReading& reading);

  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  /// Of the first and the last reading; not to be asked for before there is one.
  [[nodiscard]] WallTime first_read_at() const { return first_read_at_; }
  [[nodiscard]] WallTime last_read_at() const { return last_.read_at; }
  /// The time for which the readings so far stand. Of a run whose start is unknown there may be
  /// more.
  [[nodiscard]] std::chrono::nanoseconds stood_for() const;

  /// All but the identity, exit_code and oom_killed. Where start or end are unknown, the duration
  /// is the time for which the readings stand; nothing for a single one.
  [[nodiscard]] RunSummary summary(const RunFacts& facts) const;

 private:
  enum Figure : std::size_t {
    kCpuCores,
    kMemoryBytes,
    kGpuUtilization,
    kTaskGpuMemory,
    kPowerShare,
    kFigureCount
  };
  using Figures = std::array<std::optional<double>, kFigureCount>;
  struct Look {
    WallTime read_at;
    Figures figures;
  };
  /// Of a weighted mean, and the highest value.
  struct Sum {
    double weighted = 0;
    double seconds = 0;
    std::optional<double> max;

    [[nodiscard]] std::optional<double> mean() const;
  };
  using Sums = std::array<Sum, kFigureCount>;
  /// A counter that has fallen has begun anew.
  struct Total {
    std::optional<std::uint64_t> before_last_fall;
    std::optional<std::uint64_t> now;

    void take(const std::optional<std::uint64_t>& counter);
    [[nodiscard]] std::optional<std::uint64_t> sum() const;
  };
  struct Gpu {
    std::string id;
    std::string name;
  };

  [[nodiscard]] std::optional<double> seconds_before(const UsageReading& reading) const;
  static void weigh(const Figures& figures, double seconds, Sums& sums);
  void stand_for(const Look& look, double seconds, double seen_seconds);
  [[nodiscard]] double rest_seconds(const RunFacts& facts) const;
  [[nodiscard]] std::optional<double> duration_seconds(const RunFacts& facts,
                                                       double stood_for) const;
  [[nodiscard]] Figures add_gpus(std::span<const GpuReading> gpus);
  /// Fills in what was known of the GPUs shortly before.
  void hold_gpu_figures(Look& look, double seconds);
  void note_gpu(const GpuReading& gpu);
  void fill_gpus(RunSummary& summary) const;

  std::optional<WallTime> started_at_;
  std::uint64_t samples_ = 0;
  WallTime first_read_at_;
  Look last_;
  std::array<double, kFigureCount> held_for_seconds_{};  ///< what `last_` has not known itself
  bool first_waits_ = false;  ///< for the second one, to know what it stands for
  double first_seen_seconds_ = 0;
  Sums sums_;
  double stood_for_seconds_ = 0;
  double seen_seconds_ = 0;
  Total network_rx_;
  Total network_tx_;
  Total block_read_;
  Total block_write_;
  std::optional<std::uint64_t> memory_peak_bytes_;
  std::vector<Gpu> gpus_;
  std::uint64_t samples_with_known_gpus_ = 0;
  std::uint64_t samples_with_gpu_ = 0;
  std::uint64_t samples_of_known_sharing_ = 0;
  std::uint64_t samples_shared_ = 0;
  bool knows_power_ = false;  ///< of a GPU; where there is none it is known to be 0
  std::optional<double> device_memory_peak_mib_;
  std::optional<double> utilization_max_;
};

}  // namespace wemol
