#pragma once

#include <cstdint>
#include <map>

namespace wemol::report {

/// Quantiles of a stream in little memory: a DDSketch. It counts the values in buckets whose
/// borders grow by a fixed factor, and gives the middle of a bucket for each value in it, which is
/// off by kRelativeError of the value at most. For values from 0 on; those below a billionth count
/// as 0.
class QuantileSketch {
 public:
  static constexpr double kRelativeError = 0.01;

  void add(double value);
  void add(const QuantileSketch& other);

  /// The nearest rank: the smallest value with at least `percent` of the values at or below it. 0
  /// when there is none.
  [[nodiscard]] double quantile(double percent) const;
  /// Values within kRelativeError of the limit may be counted on its wrong side.
  [[nodiscard]] std::uint64_t count_above(double limit) const;

 private:
  std::map<int, std::uint64_t> buckets_;
  std::uint64_t zeros_ = 0;
  std::uint64_t size_ = 0;
};

/// The rank, from 1, of the nearest-rank percentile of `size` values, which are one at least.
[[nodiscard]] std::uint64_t nearest_rank(double percent, std::uint64_t size);

}  // namespace wemol::report
