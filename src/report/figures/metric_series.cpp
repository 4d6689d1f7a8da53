#include "metric_series.h"

#include <algorithm>
#include <cmath>

namespace wemol::report {
namespace {

constexpr double kUsualTimesOfAGap = 3;
constexpr double kMilliseconds = 1000;

std::int64_t milliseconds_of(double seconds) {
  return static_cast<std::int64_t>(std::floor(seconds * kMilliseconds));
}

}  // namespace

unsigned TimeSteps::take_in(double seconds) {
  if (is_empty_) {
    is_empty_ = false;
    origin_ms_ = milliseconds_of(seconds);
    return 0;
  }
  unsigned times = 0;
  while (std::max(last_, step_of(seconds)) - std::min(first_, step_of(seconds)) >= kMostSteps) {
    ++shift_;
    ++times;
    // An arithmetic shift: also below zero a step becomes the one that it lies in.
    first_ >>= 1;
    last_ >>= 1;
  }
  first_ = std::min(first_, step_of(seconds));
  last_ = std::max(last_, step_of(seconds));
  return times;
}

std::int64_t TimeSteps::step_of(double seconds) const {
  return (milliseconds_of(seconds) - origin_ms_) >> shift_;
}

double TimeSteps::begin_of(std::int64_t step) const {
  return static_cast<double>(origin_ms_) / kMilliseconds +
         static_cast<double>(step) * width_seconds();
}

double TimeSteps::width_seconds() const {
  return std::ldexp(1 / kMilliseconds, static_cast<int>(shift_));
}

void MetricSeries::add(double value, double seconds, std::int64_t step) {
  if (values_ == 0) {
    min_ = max_ = value;
    first_seconds_ = last_seconds_ = seconds;
  }
  ++values_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  last_ = value;
  sum_ += value;
  first_seconds_ = std::min(first_seconds_, seconds);
  last_seconds_ = std::max(last_seconds_, seconds);
  make_room(step);
  Step& place = steps_[static_cast<std::size_t>(step - first_step_)];
  place.sum += value;
  ++place.values;
}

void MetricSeries::make_room(std::int64_t step) {
  if (steps_.empty()) {
    first_step_ = step;
  }
  if (step < first_step_) {
    steps_.insert(steps_.begin(), static_cast<std::size_t>(first_step_ - step), Step{});
    first_step_ = step;
  }
  const auto needed = static_cast<std::size_t>(step - first_step_) + 1;
  if (needed > steps_.size()) {
    steps_.resize(needed);
  }
}

void MetricSeries::widen(unsigned times) {
  for (; times > 0 && !steps_.empty(); --times) {
    const std::int64_t first = first_step_ >> 1;
    const std::int64_t last = (first_step_ + static_cast<std::int64_t>(steps_.size()) - 1) >> 1;
    std::vector<Step> wide(static_cast<std::size_t>(last - first) + 1);
    for (std::size_t at = 0; at < steps_.size(); ++at) {
      Step& place = wide[static_cast<std::size_t>(
          ((first_step_ + static_cast<std::int64_t>(at)) >> 1) - first)];
      place.sum += steps_[at].sum;
      place.values += steps_[at].values;
    }
    steps_ = std::move(wide);
    first_step_ = first;
  }
}

std::vector<std::optional<double>> MetricSeries::means(const TimeSteps& steps) const {
  std::vector<std::optional<double>> means(static_cast<std::size_t>(steps.count()));
  const double usual = values_ > 1 ? (last_seconds_ - first_seconds_) /
                                         static_cast<double>(values_ - 1) / steps.width_seconds()
                                   : 0;
  std::size_t before = means.size();  // the known step before; none yet
  for (std::size_t own = 0; own < steps_.size(); ++own) {
    if (steps_[own].values == 0) {
      continue;
    }
    const double mean = steps_[own].sum / static_cast<double>(steps_[own].values);
    const auto at =
        static_cast<std::size_t>(first_step_ + static_cast<std::int64_t>(own) - steps.first());
    std::size_t from = at;
    if (before < at) {
      const auto gap = static_cast<double>(at - before);
      from = gap <= std::max(1.0, kUsualTimesOfAGap * usual)
                 ? before + 1
                 : at - std::min(at - before - 1, static_cast<std::size_t>(usual));
    }
    std::fill(means.begin() + static_cast<std::ptrdiff_t>(from),
              means.begin() + static_cast<std::ptrdiff_t>(at) + 1, mean);
    before = at;
  }
  return means;
}

std::optional<double> mean_of_known(const std::vector<std::optional<double>>& values) {
  double sum = 0;
  std::size_t known = 0;
  for (const auto& value : values) {
    sum += value.value_or(0);
    known += value ? 1U : 0U;
  }
  return known > 0 ? std::optional(sum / static_cast<double>(known)) : std::nullopt;
}

}  // namespace wemol::report
