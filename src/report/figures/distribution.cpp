#include "distribution.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace wemol::report {

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
