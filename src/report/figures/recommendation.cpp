#include "recommendation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace wemol::report {
namespace {

constexpr double kWhole = 100;  // percent
constexpr double kBytesPerGib = 1024.0 * 1024 * 1024;
constexpr double kMebibytesPerGib = 1024;
constexpr double kSecondsPerMinute = 60;

using RoundUp = double (*)(double);

double with_more(double value, double percent) {
  return value * (1 + percent / kWhole);
}

/// 1.2 x 5 is a little more than 6 to a computer, and has to stay 6.
double up_to_step(double value, double step) {
  constexpr double kRoundingError = 1e-9;
  return std::max(step, std::ceil(value / step - kRoundingError) * step);
}

double in_gibibytes_rounded_up(double gibibytes) {
  constexpr double kFewGib = 8;
  return up_to_step(gibibytes, gibibytes < kFewGib ? 0.25 : 1);
}

/// Of a peak below the least request there is, a percentage says nothing: "499900 % more".
void judge_request(const Distribution& peaks, double least_request, RequestedFigure& figure) {
  figure.p50 = peaks.quantile(50);
  figure.p95 = peaks.quantile(95);
  figure.max = peaks.max();
  if (figure.request) {
    figure.too_small_for = peaks.count_above(*figure.request);
    if (*figure.max >= least_request) {
      figure.saving_percent = kWhole * (*figure.max - *figure.request) / *figure.max;
    }
  }
}

/// `needs` are what the request is made of, `peaks` what it is judged by.
RequestedFigure request_for(const Distribution& needs, const Distribution& peaks,
                            const RequestRules& rules, RoundUp rounded_up, double at_least = 0) {
  RequestedFigure figure{.known = needs.size()};
  if (needs.size() > 0 && needs.size() >= rules.minimum_runs) {
    const double by_percentile =
        with_more(needs.quantile(rules.percentile).value_or(0), rules.margin_percent);
    figure.request = rounded_up(std::max(by_percentile, at_least));
  }
  judge_request(peaks, rounded_up(0), figure);
  return figure;
}

}  // namespace

double cores_rounded_up(double cores) {
  constexpr double kFewCores = 4;
  return up_to_step(cores, cores < kFewCores ? 0.5 : 1);
}

double bytes_rounded_up(double bytes) {
  return in_gibibytes_rounded_up(bytes / kBytesPerGib) * kBytesPerGib;
}

double mebibytes_rounded_up(double mebibytes) {
  return in_gibibytes_rounded_up(mebibytes / kMebibytesPerGib) * kMebibytesPerGib;
}

double seconds_rounded_up(double seconds) {
  return up_to_step(seconds, kSecondsPerMinute);
}

Recommendation recommend(const GroupFigures& group, const RequestRules& rules) {
  const Distribution& cores =
      rules.cores_basis == CoresBasis::max ? group.cpu_cores_max : group.cpu_cores_mean;
  const double after_oom =
      with_more(group.largest_oom_peak_bytes.value_or(0), rules.oom_growth_percent);
  Recommendation result{
      .cores = request_for(cores, group.cpu_cores_max, rules, cores_rounded_up),
      .memory_bytes = request_for(group.memory_peak_bytes, group.memory_peak_bytes, rules,
                                  bytes_rounded_up, after_oom),
      .gpu_memory_mib = request_for(group.gpu_memory_peak_mib, group.gpu_memory_peak_mib, rules,
                                    mebibytes_rounded_up),
      .time_limit_seconds =
          request_for(group.run_time_seconds, group.run_time_seconds, rules, seconds_rounded_up)};
  if (result.memory_bytes.request) {
    const auto percentile = group.memory_peak_bytes.quantile(rules.percentile);
    result.memory_raised_after_oom =
        *result.memory_bytes.request >
        bytes_rounded_up(with_more(percentile.value_or(0), rules.margin_percent));
  }
  return result;
}

std::vector<std::string> rules_in_words(const RequestRules& rules) {
  const std::string cores_figure =
      rules.cores_basis == CoresBasis::max ? "highest reading" : "mean over its run time";
  return {
      fmt::format("A request is the value that {:g} % of the runs stayed at or below (percentile, "
                  "nearest rank), plus a margin of {:g} %, rounded up: cores to halves below 4, "
                  "memory to quarters of a GiB below 8 GiB, both to whole ones above, the time "
                  "limit to minutes.",
                  rules.percentile, rules.margin_percent),
      fmt::format("Of each run counts: for cores its {}, for memory its peak, for the time limit "
                  "its run time. All runs count the same, however long they were.",
                  cores_figure),
      fmt::format("After an OOM kill the memory is at least the largest killed run's peak plus "
                  "{:g} %: what it really needed is unknown.",
                  rules.oom_growth_percent),
      fmt::format("With fewer than {} runs there is no request.", rules.minimum_runs)};
}

}  // namespace wemol::report
