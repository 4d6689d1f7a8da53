#include "quantile_sketch.h"

#include <algorithm>
#include <cmath>

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

}  // namespace wemol::report
