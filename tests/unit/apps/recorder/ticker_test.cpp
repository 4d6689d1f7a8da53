#include "ticker.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{100s};

TEST(Ticker, FirstTickIsDueAtOnceAndTheOthersInEqualDistance) {
  Ticker ticker(kStart, 5s);
  EXPECT_EQ(ticker.due(), kStart);
  for (int k = 1; k < 1000; ++k) {
    EXPECT_EQ(ticker.advance(ticker.due() + 2s), 0);
    EXPECT_EQ(ticker.due(), kStart + k * 5s);
  }
}

TEST(Ticker, FractionsDoNotDrift) {
  Ticker ticker(kStart, 100ms);
  for (int k = 1; k <= 1'000'000; ++k) {
    ticker.advance(ticker.due());
  }
  EXPECT_EQ(ticker.due(), kStart + 100'000s);
}

TEST(Ticker, TicksThatHavePassedAreSkippedAndCounted) {
  Ticker ticker(kStart, 5s);
  EXPECT_EQ(ticker.advance(kStart + 12s), 2);
  EXPECT_EQ(ticker.due(), kStart + 15s);
  EXPECT_EQ(ticker.advance(kStart + 16s), 0);
  EXPECT_EQ(ticker.due(), kStart + 20s);
}

TEST(Ticker, TickThatIsDueJustNowHasPassed) {
  Ticker ticker(kStart, 5s);
  EXPECT_EQ(ticker.advance(kStart + 5s), 1);
  EXPECT_EQ(ticker.due(), kStart + 10s);
}

TEST(Ticker, RoundMayReadUntilShortlyBeforeTheTickThatFollowsItsBeginning) {
  const Ticker ticker(kStart, 5s);
  EXPECT_EQ(ticker.end_of_round(kStart), kStart + 4900ms);
  EXPECT_EQ(ticker.end_of_round(kStart + 4999ms), kStart + 4900ms) << "it may not wait at all";
  EXPECT_EQ(ticker.end_of_round(kStart + 5s), kStart + 9900ms);
  EXPECT_EQ(Ticker(kStart, 100ms).end_of_round(kStart), kStart + 90ms);
}

}  // namespace
}  // namespace wemol
