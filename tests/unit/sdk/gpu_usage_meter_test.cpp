#include "gpu_usage_meter.h"

#include <gtest/gtest.h>

#include "fake_host.h"

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;

class GpuUsageMeterTest : public testing::Test {
 protected:
  static HostSample at(std::chrono::nanoseconds time, std::vector<GpuDevice> gpus) {
    HostSample sample;
    sample.measured_at = kBegin + time;
    sample.gpus = std::move(gpus);
    return sample;
  }
  static constexpr SteadyTime kBegin{1000s};
};

TEST_F(GpuUsageMeterTest, MeansAreOverTimeAndEnergyIsTheArea) {
  GpuUsageMeter meter(kBegin, {});
  meter.add(at(-5s, {test::gpu(0, 0, 100)}));  // known before: level from the begin
  meter.add(at(2s, {test::gpu(0, 100, 300)}));
  meter.add(at(4s, {test::gpu(0, 100, 300)}));
  const auto all = meter.usage(kBegin + 10s);
  ASSERT_EQ(all.size(), 1U);
  const monitor::GpuUsage& usage = all[0];
  EXPECT_EQ(usage.uuid, "GPU-0");
  EXPECT_EQ(usage.samples, 3U);
  EXPECT_EQ(usage.duration, 10s);
  ASSERT_TRUE(usage.utilization && usage.power && usage.energy_joules);
  EXPECT_EQ(usage.utilization->min, 0);
  EXPECT_EQ(usage.utilization->max, 100);
  // From 0 to 100 in 2 s, then level for 8 s.
  EXPECT_DOUBLE_EQ(usage.utilization->mean, 90);
  // 2 s at 200 W on average, 8 s at 300 W.
  EXPECT_DOUBLE_EQ(*usage.energy_joules, 2800);
  EXPECT_DOUBLE_EQ(usage.power->mean, 280);
}

TEST_F(GpuUsageMeterTest, WhatIsUnknownIsAGap) {
  GpuUsageMeter meter(kBegin, {});
  meter.add(at(0s, {test::gpu(0, 50, 100)}));
  meter.add(at(2s, {test::gpu(0, 50, {})}));
  meter.add(at(6s, {test::gpu(0, 50, 100)}));
  HostSample unreadable = at(8s, {});
  unreadable.gpus.reset();
  meter.add(unreadable);
  const auto usage = meter.usage(kBegin + 20s).at(0);
  EXPECT_FALSE(usage.energy_joules) << "no two readings in a row knew the power";
  EXPECT_DOUBLE_EQ(usage.power->mean, 100);
  EXPECT_EQ(usage.samples, 3U);
}

TEST_F(GpuUsageMeterTest, OneReadingIsLevel) {
  GpuUsageMeter meter(kBegin, 1);
  meter.add(at(1s, {test::gpu(0, 10, 50), test::gpu(1, 20, 60)}));
  const auto all = meter.usage(kBegin + 3s);
  ASSERT_EQ(all.size(), 1U) << "one GPU was asked for";
  EXPECT_EQ(all[0].id, 1U);
  EXPECT_DOUBLE_EQ(*all[0].energy_joules, 180);
  EXPECT_DOUBLE_EQ(all[0].utilization->mean, 20);
}

TEST_F(GpuUsageMeterTest, WithoutGpusThereIsNothing) {
  GpuUsageMeter meter(kBegin, {});
  meter.add(at(1s, {}));
  EXPECT_TRUE(meter.usage(kBegin + 3s).empty());
}

}  // namespace
}  // namespace wemol::sdk
