#include "run_tally.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr double kPercent = 100;
constexpr double kSecondsPerHour = 3600;
/// What docker stats has seen of a run for one of its rows.
constexpr std::chrono::nanoseconds kSeenAtLeast = 1s;
/// By how much the wall clock and the readings may differ on how long a run has lasted: rows are
/// dated in whole seconds, and clocks are slewed. By more: the wall clock has been stepped.
constexpr double kSameSeconds = 2;
constexpr double kSameShare = 0.001;
/// For how long a figure of the GPUs stands when no newer one is known: twice the time between two
/// calls of nvidia-smi. Looks that are hardly less far apart than these have a call each.
constexpr double kHeldAtMostSeconds = 10;
constexpr double kLooksLessThanSecondsApart = 4.5;

double to_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Never less than 0: the wall clock may have been set back.
double seconds_between(WallTime from, WallTime to) {
  return std::max(0.0, to_seconds(to - from));
}

/// Of what `value_of` gives for each GPU; nothing when one of them is unknown.
template <typename ValueOf>
std::optional<double> sum_over(std::span<const GpuReading> gpus, const ValueOf& value_of) {
  double sum = 0;
  for (const GpuReading& gpu : gpus) {
    const std::optional<double> value = value_of(gpu);
    if (!value) {
      return std::nullopt;
    }
    sum += *value;
  }
  return sum;
}

std::optional<double> power_share(const GpuReading& gpu) {
  const unsigned sharers = std::max(1U, gpu.tasks_on_it.value_or(1));
  return gpu.power_draw_watts ? std::optional(*gpu.power_draw_watts / sharers) : std::nullopt;
}

template <typename Number>
void raise(std::optional<Number>& highest, const std::optional<Number>& value) {
  highest = std::max(highest, value);
}

std::optional<double> share_percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
             ? std::nullopt
             : std::optional(kPercent * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::optional<double> RunTally::Sum::mean() const {
  return seconds > 0 ? std::optional(weighted / seconds) : std::nullopt;
}

void RunTally::Total::take(const std::optional<std::uint64_t>& counter) {
  if (!counter) {
    return;
  }
  if (now && *counter < *now) {
    before_last_fall = before_last_fall.value_or(0) + *now;
  }
  now = counter;
}

std::optional<std::uint64_t> RunTally::Total::sum() const {
  return now ? std::optional(*now + before_last_fall.value_or(0)) : std::nullopt;
}

void RunTally::weigh(const Figures& figures, double seconds, Sums& sums) {
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (figures[i]) {
      sums[i].weighted += *figures[i] * seconds;
      sums[i].seconds += seconds;
    }
  }
}

void RunTally::add(const UsageReading& reading) {
  Look look{.read_at = reading.read_at, .figures = {}};
  look.figures[kCpuCores] = reading.cpu_cores;
  if (reading.memory_used_bytes) {
    look.figures[kMemoryBytes] = static_cast<double>(*reading.memory_used_bytes);
    raise(memory_peak_bytes_, reading.memory_used_bytes);
  }
  if (reading.gpus) {
    const Figures of_gpus = add_gpus(*reading.gpus);
    std::copy(of_gpus.begin() + kGpuUtilization, of_gpus.end(),
              look.figures.begin() + kGpuUtilization);
  }
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    raise(sums_[i].max, look.figures[i]);
  }
  network_rx_.take(reading.network_rx_bytes);
  network_tx_.take(reading.network_tx_bytes);
  block_read_.take(reading.block_read_bytes);
  block_write_.take(reading.block_write_bytes);

  const double seen = to_seconds(reading.seen.value_or(kSeenAtLeast));
  const std::optional<double> stands_for = seconds_before(reading);
  if (samples_ == 0) {
    first_read_at_ = reading.read_at;
    first_waits_ = !stands_for;
    first_seen_seconds_ = seen;
  }
  if (!reading.gpus || !reading.gpus->empty()) {  // else there is nothing to know
    hold_gpu_figures(look, stands_for.value_or(0));
  }
  if (stands_for) {
    if (first_waits_) {
      stand_for(last_, *stands_for, first_seen_seconds_);
      first_waits_ = false;
    }
    stand_for(look, *stands_for, seen);
  }
  last_ = look;
  ++samples_;
}

void RunTally::hold_gpu_figures(Look& look, double seconds) {
  for (std::size_t i = kGpuUtilization; i < kFigureCount; ++i) {
    if (look.figures[i]) {
      held_for_seconds_[i] = 0;
      continue;
    }
    held_for_seconds_[i] += seconds;
    if (seconds < kLooksLessThanSecondsApart && held_for_seconds_[i] <= kHeldAtMostSeconds) {
      look.figures[i] = last_.figures[i];
    }
  }
}

/// Nothing for the first one of a run whose start is unknown.
std::optional<double> RunTally::seconds_before(const UsageReading& reading) const {
  const auto by_steady_clock = reading.since_before
                                   ? std::optional(std::max(0.0, to_seconds(*reading.since_before)))
                                   : std::nullopt;
  const std::optional<WallTime> before = samples_ > 0 ? last_.read_at : started_at_;
  if (!before || (samples_ > 0 && by_steady_clock)) {
    return by_steady_clock;
  }
  const double by_wall_clock = seconds_between(*before, reading.read_at);
  // The process may be much older than the start: the engine has made it and prepared its devices.
  const bool is_made_before = by_steady_clock && reading.read_at >= *before;
  return is_made_before ? std::min(*by_steady_clock, by_wall_clock)
                        : by_steady_clock.value_or(by_wall_clock);
}

void RunTally::stand_for(const Look& look, double seconds, double seen_seconds) {
  weigh(look.figures, seconds, sums_);
  stood_for_seconds_ += seconds;
  seen_seconds_ += std::clamp(seen_seconds, 0.0, seconds);
}

std::chrono::nanoseconds RunTally::stood_for() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(stood_for_seconds_));
}

/// From the last reading to the end.
double RunTally::rest_seconds(const RunFacts& facts) const {
  if (samples_ == 0 || !facts.ended_at) {
    return 0;
  }
  const double rest = seconds_between(last_.read_at, *facts.ended_at);
  return facts.rest_at_most ? std::clamp(to_seconds(*facts.rest_at_most), 0.0, rest) : rest;
}

/// `stood_for`: up to the end.
std::optional<double> RunTally::duration_seconds(const RunFacts& facts, double stood_for) const {
  if (facts.started_at && facts.ended_at) {
    const double by_wall_clock = to_seconds(*facts.ended_at - *facts.started_at);
    const bool is_known_since_start = samples_ > 0 && started_at_;
    const bool is_stepped = is_known_since_start && std::abs(by_wall_clock - stood_for) >
                                                        kSameSeconds + kSameShare * stood_for;
    if (!is_stepped && by_wall_clock >= 0) {
      return by_wall_clock;
    }
  }
  return stood_for > 0 ? std::optional(stood_for) : std::nullopt;
}

RunTally::Figures RunTally::add_gpus(std::span<const GpuReading> gpus) {
  ++samples_with_known_gpus_;
  Figures figures{};
  if (gpus.empty()) {
    figures[kPowerShare] = 0;
    return figures;
  }
  ++samples_with_gpu_;
  for (const GpuReading& gpu : gpus) {
    note_gpu(gpu);
    raise(utilization_max_, gpu.utilization_percent);
  }
  const auto knows_sharing = [](const GpuReading& gpu) { return gpu.tasks_on_it.has_value(); };
  const auto is_shared = [](const GpuReading& gpu) { return gpu.tasks_on_it.value_or(1) > 1; };
  if (std::ranges::all_of(gpus, knows_sharing)) {
    ++samples_of_known_sharing_;
    samples_shared_ += std::ranges::any_of(gpus, is_shared) ? 1U : 0U;
  }
  const auto count = static_cast<double>(gpus.size());
  figures[kGpuUtilization] = sum_over(gpus, [&](const GpuReading& gpu) {
    return gpu.utilization_percent ? std::optional(*gpu.utilization_percent / count) : std::nullopt;
  });
  figures[kTaskGpuMemory] =
      sum_over(gpus, [](const GpuReading& gpu) { return gpu.task_memory_used_mib; });
  figures[kPowerShare] = sum_over(gpus, power_share);
  knows_power_ = knows_power_ || figures[kPowerShare];
  raise(device_memory_peak_mib_,
        sum_over(gpus, [](const GpuReading& gpu) { return gpu.memory_used_mib; }));
  return figures;
}

void RunTally::note_gpu(const GpuReading& gpu) {
  const auto found = std::ranges::find(gpus_, gpu.id, &Gpu::id);
  if (found != gpus_.end()) {
    return;
  }
  const auto order = [](std::string_view id) {
    return parse_number<std::uint64_t>(id).value_or(std::numeric_limits<std::uint64_t>::max());
  };
  const auto behind = std::ranges::upper_bound(gpus_, order(gpu.id), {},
                                               [&](const Gpu& other) { return order(other.id); });
  gpus_.insert(behind, {std::string(gpu.id), std::string(gpu.name)});
}

void RunTally::fill_gpus(RunSummary& summary) const {
  if (samples_with_known_gpus_ == 0) {
    return;
  }
  summary.gpu_count = gpus_.size();
  for (const Gpu& gpu : gpus_) {
    const char* const comma = summary.gpu_ids.empty() ? "" : ",";
    summary.gpu_ids += comma + gpu.id;
    summary.gpu_names += comma + gpu.name;
  }
  summary.gpu_utilization_max = utilization_max_;
  summary.gpu_memory_peak_mib = sums_[kTaskGpuMemory].max;
  summary.gpu_device_memory_peak_mib = device_memory_peak_mib_;
  summary.gpu_shared_percent = share_percent(samples_shared_, samples_of_known_sharing_);
}

RunSummary RunTally::summary(const RunFacts& facts) const {
  Sums sums = sums_;
  const double rest = rest_seconds(facts);
  const double stood_for = stood_for_seconds_ + rest;
  if (samples_ > 0) {
    // A lone reading without a start counts for the means, for however long.
    weigh(last_.figures, stood_for > 0 ? rest : 1, sums);
  }
  RunSummary summary{.started_at = facts.started_at, .ended_at = facts.ended_at};
  summary.samples = samples_;
  summary.duration_seconds = duration_seconds(facts, stood_for);
  const std::optional<double>& duration = summary.duration_seconds;
  const auto over_duration = [&](const std::optional<double>& mean) {
    return mean && duration ? std::optional(*mean * *duration) : std::nullopt;
  };
  if (duration && *duration > 0) {
    summary.coverage_percent = std::min(kPercent, kPercent * seen_seconds_ / *duration);
  }
  summary.cpu_cores_mean = sums[kCpuCores].mean();
  summary.cpu_cores_max = sums[kCpuCores].max;
  summary.cpu_seconds = over_duration(summary.cpu_cores_mean);
  if (facts.cpu_used) {
    summary.cpu_seconds = to_seconds(*facts.cpu_used);
    if (duration && *duration > 0) {
      summary.cpu_cores_mean = *summary.cpu_seconds / *duration;
      raise(summary.cpu_cores_max, summary.cpu_cores_mean);
    }
  }
  summary.memory_mean_bytes = sums[kMemoryBytes].mean();
  summary.memory_peak_bytes = memory_peak_bytes_;
  raise(summary.memory_peak_bytes, facts.memory_peak_bytes);
  summary.network_rx_bytes = network_rx_.sum();
  summary.network_tx_bytes = network_tx_.sum();
  summary.block_read_bytes = block_read_.sum();
  summary.block_write_bytes = block_write_.sum();
  fill_gpus(summary);
  if (!gpus_.empty()) {
    summary.gpu_utilization_mean = sums[kGpuUtilization].mean();
    summary.gpu_memory_mean_mib = sums[kTaskGpuMemory].mean();
    const auto watt_seconds = over_duration(sums[kPowerShare].mean());
    if (watt_seconds && knows_power_) {
      summary.energy_wh = *watt_seconds / kSecondsPerHour;
    }
  }
  return summary;
}

}  // namespace wemol
