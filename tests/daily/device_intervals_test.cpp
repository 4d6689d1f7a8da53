// Means over intervals, and the rows made of them.

#include "device_intervals.h"

#include <gtest/gtest.h>

#include "device_samples.h"
#include "time_zone.h"

namespace wemol {
namespace {

using test::at;
using test::gpu;
using test::kMidnight;

constexpr std::chrono::seconds kMinute{60};

class DeviceIntervalsTest : public testing::Test {
 protected:
  test::TimeZone zone_{"CST-8"};
  DeviceIntervals intervals_{kMinute};

  std::optional<DeviceBlock> add(std::int64_t second, const GpuDevice& device,
                                 const DeviceUsers& users = DeviceUsers(std::in_place)) {
    return intervals_.add(at(second), std::vector{device}, users);
  }
};

TEST_F(DeviceIntervalsTest, ARowIsTheMeanAndIsStampedWithTheEnd) {
  EXPECT_FALSE(add(kMidnight + 1, gpu(0, 10)));
  EXPECT_FALSE(add(kMidnight + 31, gpu(0, 25)));
  EXPECT_FALSE(add(kMidnight + 59, gpu(0, 30)));
  const auto block = add(kMidnight + 60, gpu(0, 99));
  ASSERT_TRUE(block);
  EXPECT_EQ(block->date, "2026-03-10");
  EXPECT_EQ(block->rows, "2026-03-10T08:01:00+08:00,0,AMD-0,MI300X,21.67,25,196608,,,-\r\n");
}

TEST_F(DeviceIntervalsTest, UnknownIsEmptyAndIsLeftOutOfTheMean) {
  GpuDevice unknown = gpu(0, 0);
  unknown.utilization_percent.reset();
  unknown.memory_used_bytes.reset();
  unknown.memory_total_bytes.reset();
  (void)add(kMidnight, unknown, std::nullopt);
  EXPECT_EQ(add(kMidnight + 60, gpu(0, 50), std::nullopt)->rows,
            "2026-03-10T08:01:00+08:00,0,AMD-0,MI300X,,,,,,\r\n");
  (void)add(kMidnight + 62, unknown);
  EXPECT_EQ(add(kMidnight + 120, gpu(0, 0))->rows,
            "2026-03-10T08:02:00+08:00,0,AMD-0,MI300X,50,25,,,,-\r\n");
}

TEST_F(DeviceIntervalsTest, UsersComeInOrderOfTimeEachOnce) {
  const auto on_it = [](std::vector<std::string> names) {
    return DeviceUsers({{"AMD-0", std::move(names)}});
  };
  (void)add(kMidnight + 2, gpu(0, 0), on_it({"maria"}));
  (void)add(kMidnight + 4, gpu(0, 0), on_it({"lin", "maria"}));
  (void)add(kMidnight + 6, gpu(0, 0), on_it({}));
  EXPECT_EQ(add(kMidnight + 60, gpu(0, 0), on_it({"=cmd()", "a,b", "c;d"}))->rows,
            "2026-03-10T08:01:00+08:00,0,AMD-0,MI300X,0,25,196608,,,maria;lin\r\n");
  EXPECT_EQ(intervals_.finish(at(kMidnight + 90))->rows,
            "2026-03-10T08:01:30+08:00,0,AMD-0,MI300X,0,25,196608,,,\"'=cmd();a,b;c?d\"\r\n");
}

TEST_F(DeviceIntervalsTest, TheLastIntervalOfALocalDayBelongsToIt) {
  const std::int64_t local_midnight = kMidnight - 8 * 3600;
  (void)add(local_midnight - 10, gpu(0, 10));
  const auto block = add(local_midnight, gpu(0, 20));
  EXPECT_EQ(block->date, "2026-03-09");
  EXPECT_TRUE(block->rows.starts_with("2026-03-10T00:00:00+08:00,")) << block->rows;
  EXPECT_EQ(intervals_.finish(at(local_midnight + 30))->date, "2026-03-10");
}

TEST_F(DeviceIntervalsTest, AClockThatIsSetBackBeginsAnotherInterval) {
  (void)add(kMidnight + 3600, gpu(0, 10));
  const auto block = add(kMidnight, gpu(0, 90));
  ASSERT_TRUE(block);
  EXPECT_TRUE(block->rows.starts_with("2026-03-10T09:01:00+08:00,0,AMD-0,MI300X,10,"))
      << block->rows;
  EXPECT_TRUE(intervals_.finish(at(kMidnight + 1))->rows.starts_with("2026-03-10T08:00:01+08:00"));
}

TEST_F(DeviceIntervalsTest, CardsComeInTheOrderOfTheirIndices) {
  (void)intervals_.add(at(kMidnight), std::vector{gpu(10, 1), gpu(2, 2)}, std::nullopt);
  const auto block = intervals_.finish(at(kMidnight + 60));
  EXPECT_LT(block->rows.find(",2,AMD-2,"), block->rows.find(",10,AMD-10,"));
  EXPECT_FALSE(intervals_.finish(at(kMidnight + 120))) << "there is nothing of it";
}

TEST_F(DeviceIntervalsTest, TheHourThatIsRepeatedIsToldApartByItsOffset) {
  test::TimeZone::set("Europe/Berlin");
  constexpr std::int64_t kFirst = 1'792'888'200;  // 2026-10-25 00:30 UTC: 02:30 +02:00
  (void)add(kFirst, gpu(0, 1));
  const auto first = add(kFirst + 3600, gpu(0, 2));
  const auto second = intervals_.finish(at(kFirst + 3660));
  EXPECT_TRUE(first->rows.starts_with("2026-10-25T02:31:00+02:00")) << first->rows;
  EXPECT_TRUE(second->rows.starts_with("2026-10-25T02:31:00+01:00")) << second->rows;
}

}  // namespace
}  // namespace wemol
