#include "day_window.h"

#include <gtest/gtest.h>

namespace wemol::report::daily {
namespace {

constexpr std::int64_t kMidnight = 1753977600;  // 2025-08-01 00:00:00 +08:00
constexpr std::int64_t kHour = 3600;

Day day_of(std::int64_t hours) {
  return {"2025-08-01", kMidnight, kMidnight + hours * kHour};
}

TEST(DayWindow, ADayThatIsOverIsAskedForAsAWhole) {
  for (const std::int64_t hours : {23, 24, 25}) {
    const Day day = day_of(hours);
    const DayWindow window = day_window(day, {.now_epoch = day.end_epoch});
    EXPECT_EQ(window.after_epoch, day.begin_epoch);
    EXPECT_EQ(window.before_epoch, day.end_epoch);
    EXPECT_EQ(window.points, hours * 6);
    EXPECT_EQ(window.expected_buckets, hours * 6);
  }
}

TEST(DayWindow, NeverAsksForWhatComes) {
  for (const std::int64_t into : {1, 599, 600, 601, 45'296}) {
    const DayWindow window = day_window(day_of(24), {.now_epoch = kMidnight + into});
    EXPECT_EQ(window.before_epoch, kMidnight + into);
    EXPECT_EQ(window.points, (into + 599) / 600);
    EXPECT_EQ(window.before_epoch - window.after_epoch, window.points * 600) << "buckets of 600 s";
    EXPECT_EQ(window.expected_buckets, window.points);
  }
  EXPECT_EQ(day_window(day_of(24), {.now_epoch = kMidnight}).points, 0);
  EXPECT_EQ(day_window(day_of(24), {.now_epoch = kMidnight - kHour}).expected_buckets, 0);
}

TEST(DayWindow, AMidnightBetweenBordersIsCovered) {
  Day day = day_of(24);
  day.begin_epoch += 900;  // +05:45
  day.end_epoch += 900;
  const DayWindow window = day_window(day, {.now_epoch = day.end_epoch + kHour});
  EXPECT_EQ(window.after_epoch, kMidnight + 600);
  EXPECT_EQ(window.before_epoch, kMidnight + 24 * kHour + 1200);
  EXPECT_EQ(window.points, 145);
  EXPECT_EQ(window.expected_buckets, 144);
}

TEST(DayWindow, OtherPoints) {
  EXPECT_EQ(day_window(day_of(24), {.points = 24, .now_epoch = kMidnight + 90'000}).points, 24);
  EXPECT_EQ(bucket_seconds(0), 1);
  EXPECT_EQ(bucket_seconds(100'000), 1);
}

}  // namespace
}  // namespace wemol::report::daily
