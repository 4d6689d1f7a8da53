#include "distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace wemol::report {
namespace {

Distribution of(const std::vector<double>& values) {
  Distribution distribution;
  for (const double value : values) {
    distribution.add(value);
  }
  return distribution;
}

std::vector<double> one_to(int last) {
  std::vector<double> values;
  for (int value = 1; value <= last; ++value) {
    values.push_back(value);
  }
  std::ranges::shuffle(values, std::minstd_rand(7));
  return values;
}

TEST(Distribution, HasNothingToSayOfNothing) {
  const Distribution nothing;
  EXPECT_EQ(nothing.size(), 0U);
  EXPECT_EQ(nothing.quantile(50), std::nullopt);
  EXPECT_EQ(nothing.max(), std::nullopt);
  EXPECT_EQ(nothing.mean(), std::nullopt);
  EXPECT_EQ(nothing.count_above(0), 0U);
}

TEST(Distribution, PercentilesAreNearestRanks) {
  const Distribution five = of({50, 15, 40, 20, 35});
  EXPECT_EQ(five.quantile(5), 15);
  EXPECT_EQ(five.quantile(30), 20);
  EXPECT_EQ(five.quantile(40), 20);
  EXPECT_EQ(five.quantile(50), 35);
  EXPECT_EQ(five.quantile(100), 50);
  EXPECT_EQ(five.quantile(0), 15) << "the least of all";
}

TEST(Distribution, NoRankIsMissedByARoundingError) {
  const Distribution hundred = of(one_to(100));
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(hundred.quantile(percent), percent);
  }
  EXPECT_EQ(of(one_to(20)).quantile(95), 19);
  EXPECT_EQ(of(one_to(21)).quantile(95), 20);
}

TEST(Distribution, SumsAndCounts) {
  const Distribution four = of({2, 2, 3, 5});
  EXPECT_EQ(four.sum(), 12);
  EXPECT_EQ(four.mean(), 3);
  EXPECT_EQ(four.max(), 5);
  EXPECT_EQ(four.count_above(1.9), 4U);
  EXPECT_EQ(four.count_above(2), 2U);
  EXPECT_EQ(four.count_above(5), 0U);
}

TEST(Distribution, LeavesOutWhatIsNoAmount) {
  Distribution distribution = of({1, -1, std::nan(""), std::numeric_limits<double>::infinity()});
  distribution.add(std::optional<double>());
  EXPECT_EQ(distribution.size(), 1U);
  EXPECT_EQ(distribution.sum(), 1);
}

TEST(Distribution, MayGrowAfterItWasAsked) {
  Distribution distribution = of({3, 1});
  EXPECT_EQ(distribution.quantile(100), 3);
  distribution.add(2);
  EXPECT_EQ(distribution.quantile(50), 2);
}

/// Values over many orders of magnitude, as bytes and seconds are.
std::vector<double> spread_values(std::size_t count) {
  std::mt19937 random(20260115);
  std::lognormal_distribution<double> any(10, 4);
  std::vector<double> values(count);
  std::ranges::generate(values, [&] { return any(random); });
  values[0] = 0;
  return values;
}

TEST(ApproximateDistribution, KeepsTheSketchsErrorBound) {
  const auto values = spread_values(20'000);
  const Distribution exact = of(values);
  Distribution early;
  early.make_approximate();
  Distribution late;
  for (std::size_t i = 0; i < values.size(); ++i) {
    early.add(values[i]);
    if (i == values.size() / 2) {
      late.make_approximate();
    }
    late.add(values[i]);
  }
  for (const double percent : {0.001, 1.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9, 100.0}) {
    const double truth = exact.quantile(percent).value();
    const double bound = truth * QuantileSketch::kRelativeError * (1 + 1e-9);
    EXPECT_NEAR(early.quantile(percent).value(), truth, bound) << percent;
    EXPECT_NEAR(late.quantile(percent).value(), truth, bound) << percent;
  }
}

TEST(ApproximateDistribution, CountsAboveAllButWhatIsNearTheLimit) {
  const auto values = spread_values(20'000);
  const Distribution exact = of(values);
  Distribution sketch = of(values);
  sketch.make_approximate();
  for (const double percent : {10.0, 50.0, 95.0}) {
    const double limit = exact.quantile(percent).value();
    EXPECT_LE(sketch.count_above(limit), exact.count_above(limit * 0.98));
    EXPECT_GE(sketch.count_above(limit), exact.count_above(limit * 1.02));
  }
  EXPECT_EQ(sketch.count_above(-1), 20'000U);
  EXPECT_EQ(sketch.count_above(exact.max().value()), 0U) << "the greatest is known exactly";
}

TEST(ApproximateDistribution, StaysExactInSumMaxAndSize) {
  Distribution sketch = of({0, 0, 1.5, 7});
  sketch.make_approximate();
  EXPECT_EQ(sketch.sum(), 8.5);
  EXPECT_EQ(sketch.max(), 7);
  EXPECT_EQ(sketch.size(), 4U);
  EXPECT_EQ(sketch.quantile(50), 0);
  EXPECT_LE(sketch.quantile(100).value(), 7) << "never above the greatest";
}

}  // namespace
}  // namespace wemol::report
