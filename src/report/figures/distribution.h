#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "quantile_sketch.h"

namespace wemol::report {

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
