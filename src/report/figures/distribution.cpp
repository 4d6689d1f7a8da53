#include "distribution.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace wemol::report {
namespace {

constexpr double kSmallest = 1e-9;
constexpr double kGrowth =
    (1 + QuantileSketch::kRelativeError) / (1 - QuantileSketch::kRelativeError);

/// Of the values in (kGrowth^(index-1), kGrowth^index].
int bucket_of(double value) {
  return static_cast<int>(std::ceil(std::log(value) / std::log(kGrowth)));
}

/// The value that is equally far, as a share of them, from both borders.
double middle_of(int bucket) {
  return 2 * std::pow(kGrowth, bucket) / (kGrowth + 1);
}

}  // namespace

std::uint64_t nearest_rank(double percent, std::uint64_t size) {
  constexpr double kRoundingError = 1e-9;
  const double rank = std::ceil(percent / 100 * static_cast<double>(size) - kRoundingError);
  return std::clamp<std::uint64_t>(rank < 1 ? 1 : static_cast<std::uint64_t>(rank), 1, size);
}

void QuantileSketch::add(double value) {
  ++size_;
  if (value < kSmallest) {
    ++zeros_;
  } else {
    ++buckets_[bucket_of(value)];
  }
}

void QuantileSketch::add(const QuantileSketch& other) {
  size_ += other.size_;
  zeros_ += other.zeros_;
  for (const auto& [bucket, count] : other.buckets_) {
    buckets_[bucket] += count;
  }
}

double QuantileSketch::quantile(double percent) const {
  if (size_ == 0) {
    return 0;
  }
  const std::uint64_t rank = nearest_rank(percent, size_);
  std::uint64_t seen = zeros_;
  if (seen >= rank) {
    return 0;
  }
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (seen >= rank) {
      return middle_of(bucket);
    }
  }
  return 0;
}

std::uint64_t QuantileSketch::count_above(double limit) const {
  std::uint64_t count = limit < 0 ? zeros_ : 0;
  for (const auto& [bucket, values] : buckets_) {
    count += middle_of(bucket) > limit ? values : 0;
  }
  return count;
}

void Distribution::add(double value) {
  if (!std::isfinite(value) || value < 0) {
    return;
  }
  ++size_;
  sum_ += value;
  max_ = std::max(max_, value);
  if (sketch_) {
    sketch_->add(value);
    return;
  }
  values_.push_back(value);
  sorted_ = false;
}

void Distribution::add(const std::optional<double>& value) {
  if (value) {
    add(*value);
  }
}

void Distribution::add(const Distribution& other) {
  if (other.sketch_) {
    make_approximate();
    sketch_->add(*other.sketch_);
    size_ += other.size_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
    return;
  }
  for (const double value : other.values_) {
    add(value);
  }
}

void Distribution::make_approximate() {
  if (sketch_) {
    return;
  }
  sketch_.emplace();
  for (const double value : values_) {
    sketch_->add(value);
  }
  values_ = {};
}

std::optional<double> Distribution::mean() const {
  return size_ > 0 ? std::optional(sum_ / static_cast<double>(size_)) : std::nullopt;
}

std::optional<double> Distribution::max() const {
  return size_ > 0 ? std::optional(max_) : std::nullopt;
}

std::optional<double> Distribution::quantile(double percent) const {
  if (size_ == 0) {
    return std::nullopt;
  }
  if (sketch_) {
    return std::min(sketch_->quantile(percent), max_);
  }
  sort();
  return values_[nearest_rank(percent, size_) - 1];
}

std::uint64_t Distribution::count_above(double limit) const {
  if (sketch_) {
    return limit >= max_ ? 0 : sketch_->count_above(limit);
  }
  sort();
  return static_cast<std::uint64_t>(
      std::distance(std::ranges::upper_bound(values_, limit), values_.end()));
}

void Distribution::sort() const {
  if (!sorted_) {
    std::ranges::sort(values_);
    sorted_ = true;
  }
}

}  // namespace wemol::report
