#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "module_figures.h"

namespace wemol::report {

/// Which of a run's figures the request for cores is made of.
enum class CoresBasis {
  max,  ///< its highest reading: a burst gets its cores
  mean  ///< its mean: a burst takes longer
};

/// How a request is made of what the runs took.
struct RequestRules {
  double percentile = 95;
  double margin_percent = 20;
  std::uint64_t minimum_runs = 10;
  double oom_growth_percent = 50;
  CoresBasis cores_basis = CoresBasis::max;
};

/// One figure of a request, and what it rests on. Absent throughout when no run has the figure.
struct RequestedFigure {
  std::optional<double> request;  ///< absent: not enough data
  std::uint64_t known = 0;        ///< the runs behind it
  std::optional<double> p50;      ///< of the runs' peaks; of their times for the time limit
  std::optional<double> p95;
  std::optional<double> max;
  std::optional<std::uint64_t> too_small_for;  ///< runs whose peak was above the request
  /// Of what requesting the greatest peak for every run takes; negative: the request takes more.
  /// Absent where that peak is below the least request there is.
  std::optional<double> saving_percent;
};

struct Recommendation {
  RequestedFigure cores;
  RequestedFigure memory_bytes;
  RequestedFigure gpu_memory_mib;
  RequestedFigure time_limit_seconds;
  /// The memory is more than the percentile asks for, since runs were OOM-killed.
  bool memory_raised_after_oom = false;
};

[[nodiscard]] Recommendation recommend(const GroupFigures& group, const RequestRules& rules);

/// The rules as English sentences.
[[nodiscard]] std::vector<std::string> rules_in_words(const RequestRules& rules);

/// Rounded up to what people ask for: halves below 4 cores, then whole ones.
[[nodiscard]] double cores_rounded_up(double cores);
/// Quarters below 8 GiB, then whole ones.
[[nodiscard]] double bytes_rounded_up(double bytes);
[[nodiscard]] double mebibytes_rounded_up(double mebibytes);
/// To whole minutes.
[[nodiscard]] double seconds_rounded_up(double seconds);

}  // namespace wemol::report
