#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

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

/// The values that one figure has had in many runs, each run counting once. Exact until it is told
/// to make do with less memory; sum, mean, max and size stay exact also then.
class Distribution {
 public:
  /// Takes values from 0 on; others, and what is no number, are left out.
  void add(double value);
  void add(const std::optional<double>& value);
  /// All values of the other one; what comes out is approximate when one of them is.
  void add(const Distribution& other);

  /// From now on a QuantileSketch, which has its relative error.
  void make_approximate();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] std::optional<double> mean() const;
  [[nodiscard]] std::optional<double> max() const;
  /// The nearest rank: the smallest value with at least `percent` of the values at or below it.
  [[nodiscard]] std::optional<double> quantile(double percent) const;
  [[nodiscard]] std::uint64_t count_above(double limit) const;

 private:
  void sort() const;

  mutable std::vector<double> values_;  ///< sorted when somebody asks
  mutable bool sorted_ = true;
  std::optional<QuantileSketch> sketch_;
  std::uint64_t size_ = 0;
  double sum_ = 0;
  double max_ = 0;
};

}  // namespace wemol::report
