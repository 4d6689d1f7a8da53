#include "reader_watch.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;
using Verdict = ReaderWatch::Verdict;

constexpr SteadyTime kStart{1000s};

TEST(ReaderWatch, PingsEvery20Seconds) {
  ReaderWatch watch({}, kStart);
  EXPECT_EQ(watch.look(kStart + 19s), Verdict::fine);
  EXPECT_EQ(watch.look(kStart + 20s), Verdict::ping);
  (void)watch.heard(kStart + 20s);
  EXPECT_EQ(watch.look(kStart + 39s), Verdict::fine);
  EXPECT_EQ(watch.look(kStart + 40s), Verdict::ping);
}

TEST(ReaderWatch, DropsWhoSaysNothingFor30Seconds) {
  ReaderWatch watch({}, kStart);
  (void)watch.heard(kStart + 1s);
  EXPECT_EQ(watch.look(kStart + 20s), Verdict::ping);
  EXPECT_EQ(watch.look(kStart + 31s), Verdict::fine);
  EXPECT_EQ(watch.look(kStart + 32s), Verdict::drop);
}

TEST(ReaderWatch, DropsWhoTalksButDoesNotRead) {
  ReaderWatch watch({}, kStart);
  watch.sending_begins(kStart);
  for (auto t = 1s; t <= 30s; ++t) {
    (void)watch.heard(kStart + t);
    EXPECT_NE(watch.look(kStart + t), Verdict::drop) << t.count();
  }
  (void)watch.heard(kStart + 31s);
  EXPECT_EQ(watch.look(kStart + 31s), Verdict::drop);
}

TEST(ReaderWatch, WhoTakesEachMessageIsFine) {
  ReaderWatch watch({}, kStart);
  for (auto t = 1s; t <= 100s; ++t) {
    watch.sending_begins(kStart + t);
    watch.sending_ended();
    (void)watch.heard(kStart + t);
    EXPECT_NE(watch.look(kStart + t), Verdict::drop) << t.count();
  }
}

TEST(ReaderWatch, WhoTalksWithoutEndIsTooMuch) {
  ReaderWatch watch({.frames_per_second = 2}, kStart);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(watch.heard(kStart + i * 100ms)) << i;
  }
  EXPECT_FALSE(watch.heard(kStart + 9s));
  EXPECT_TRUE(watch.heard(kStart + 11s));
}

}  // namespace
}  // namespace wemol::serve
