#include "logged_run.h"

#include <algorithm>
#include <utility>

namespace wemol::report {
namespace {

std::optional<AllGpus> part_of(const HostKey* key) {
  const auto is = [&](std::string_view flat_key) {
    return key != nullptr && key->flat_key == flat_key;
  };
  if (is("gpu.{}.gpu")) {
    return kAllGpusUtilization;
  }
  if (is("gpu.{}.memoryAllocatedBytes")) {
    return kAllGpusMemory;
  }
  return is("gpu.{}.powerWatts") ? std::optional(kAllGpusPower) : std::nullopt;
}

}  // namespace

void LoggedRun::add(const reading::LoggedLine& line) {
  const double seconds = line.timestamp();
  begin_ = lines_ == 0 ? seconds : std::min(begin_, seconds);
  end_ = lines_ == 0 ? seconds : std::max(end_, seconds);
  ++lines_;
  if (line.step()) {
    first_step_ = first_step_ ? first_step_ : line.step();
    last_step_ = line.step();
  }
  widen(seconds);
  const std::int64_t step = steps_.step_of(seconds);
  of_line_ = {};
  const auto figures = line.figures();
  places_.resize(std::max(places_.size(), figures.size()), kMostMetrics);
  for (std::size_t place = 0; place < figures.size(); ++place) {
    places_[place] = number_of(figures[place].name, places_[place]);
  }
  // From the last one: of a name that is there twice it counts.
  for (std::size_t place = figures.size(); place-- > 0;) {
    if (places_[place] == kMostMetrics) {
      ++values_left_out_;
    } else if (LoggedMetric& metric = metrics_[places_[place]]; metric.last_line != lines_) {
      metric.last_line = lines_;
      add_value(figures[place].value, seconds, step, metric);
    }
  }
  add_all_gpus(seconds, step);
}

void LoggedRun::add_value(const std::optional<double>& value, double seconds, std::int64_t step,
                          LoggedMetric& metric) {
  if (!value) {
    ++metric.nulls;
    return;
  }
  metric.series.add(*value, seconds, step);
  if (metric.of_all) {
    of_line_[*metric.of_all].sum += *value;
    ++of_line_[*metric.of_all].gpus;
  }
}

void LoggedRun::widen(double seconds) {
  const unsigned times = steps_.take_in(seconds);
  if (times == 0) {
    return;
  }
  for (LoggedMetric& metric : metrics_) {
    metric.series.widen(times);
  }
  for (MetricSeries& series : all_gpus_) {
    series.widen(times);
  }
}

/// `likely` is tried first. kMostMetrics when there are too many.
std::size_t LoggedRun::number_of(std::string_view name, std::size_t likely) {
  if (likely < metrics_.size() && metrics_[likely].name == name) {
    return likely;
  }
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) {
    return found->second;
  }
  if (metrics_.size() == kMostMetrics) {
    return kMostMetrics;
  }
  LoggedMetric metric{.name = std::string(name), .key = find_flat_key(name), .series = {}};
  metric.of_all = part_of(metric.key);
  numbers_.emplace(name, metrics_.size());
  metrics_.push_back(std::move(metric));
  return metrics_.size() - 1;
}

void LoggedRun::add_all_gpus(double seconds, std::int64_t step) {
  for (std::size_t which = 0; which < kAllGpusCount; ++which) {
    const OfLine& of_line = of_line_[which];
    if (of_line.gpus > 0) {
      const double divisor = which == kAllGpusUtilization ? static_cast<double>(of_line.gpus) : 1.0;
      all_gpus_[which].add(of_line.sum / divisor, seconds, step);
    }
  }
}

const LoggedMetric* LoggedRun::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? nullptr : &metrics_[found->second];
}

std::optional<double> LoggedRun::mean_of(const LoggedMetric& metric) const {
  if (metric.series.values() == 0) {
    return std::nullopt;
  }
  return metric.is_hardware() ? mean_of_known(metric.series.means(steps_))
                              : std::optional(metric.series.mean());
}

LoggedColumns columns_of(const LoggedRun& run, std::size_t most) {
  const auto steps = static_cast<std::size_t>(run.steps().count());
  LoggedColumns columns;
  columns.steps_each =
      std::max<std::size_t>(1, (steps + most - 1) / std::max<std::size_t>(1, most));
  for (std::size_t step = 0; step < steps; step += columns.steps_each) {
    columns.begins.push_back(
        run.steps().begin_of(run.steps().first() + static_cast<std::int64_t>(step)));
  }
  return columns;
}

std::vector<std::optional<double>> means_in(const LoggedColumns& columns,
                                            const MetricSeries& series, const TimeSteps& steps) {
  std::vector<std::optional<double>> means;
  const auto all = series.means(steps);
  for (std::size_t begin = 0; begin < all.size(); begin += columns.steps_each) {
    const std::size_t end = std::min(all.size(), begin + columns.steps_each);
    means.push_back(mean_of_known({all.begin() + static_cast<std::ptrdiff_t>(begin),
                                   all.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return means;
}

}  // namespace wemol::report
