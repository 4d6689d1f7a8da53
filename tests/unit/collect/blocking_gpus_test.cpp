#include <gtest/gtest.h>

#include "gate.h"
#include "gpu_reader.h"

namespace wemol {
namespace {

constexpr GpuReadingsDue kAtOnce{};
constexpr GpuReadingsDue kHoweverLong{.driver = SteadyTime::max(), .command = SteadyTime::max()};

/// Gives what it was made with when the gate is open.
class HangingGpus : public GpuReader {
 public:
  HangingGpus(test::Gate gate, std::optional<GpuReadings> readings)
      : gate_(std::move(gate)), readings_(std::move(readings)) {}
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& /*due*/) override {
    gate_.pass();
    return readings_;
  }

 private:
  test::Gate gate_;
  std::optional<GpuReadings> readings_;
};

class GpusThatMayHang : public testing::Test {
 protected:
  ~GpusThatMayHang() override { gate.open(); }
  static GpuReadings one_gpu() { return {.devices = {{{.uuid = "A"}}}, .processes = {{}}}; }
  test::Gate gate;
  BlockingGpus gpus{std::make_shared<HangingGpus>(gate, one_gpu()), "the driver"};
};

TEST_F(GpusThatMayHang, AreReadAnewInEachRound) {
  gate.open();
  for (int round = 0; round < 2; ++round) {
    gpus.begin();
    const auto readings = gpus.finish(kHoweverLong);
    ASSERT_TRUE(readings && readings->devices && readings->processes);
    EXPECT_EQ(readings->devices->front().uuid, "A");
    EXPECT_TRUE(readings->conditions.empty());
  }
}

TEST_F(GpusThatMayHang, AreUnknownWhileTheyHangWhichIsStatedInEachRound) {
  for (int round = 0; round < 3; ++round) {
    gpus.begin();
    const auto readings = gpus.finish(round == 0 ? kAtOnce : kHoweverLong);
    ASSERT_TRUE(readings);
    EXPECT_FALSE(readings->devices || readings->processes || readings->finds_none);
    ASSERT_EQ(readings->conditions.size(), 1U);
    EXPECT_TRUE(readings->conditions.front().follow_up);
    EXPECT_EQ(readings->conditions.front().message,
              "the driver has not answered; the gpu_ columns are N/A");
  }
}

TEST_F(GpusThatMayHang, AreReadAgainWhenTheDriverAnswers) {
  gpus.begin();
  (void)gpus.finish(kAtOnce);
  gate.open();
  std::optional<GpuReadings> readings;
  do {
    gpus.begin();
    readings = gpus.finish(kHoweverLong);
  } while (!readings->devices);
  EXPECT_TRUE(readings->processes);
}

TEST_F(GpusThatMayHang, AHostWithoutSuchGpusLosesNothingToASlowThread) {
  gate.open();
  BlockingGpus none(std::make_shared<HangingGpus>(gate, std::nullopt), "the driver");
  none.begin();
  EXPECT_FALSE(none.finish(kHoweverLong));
  gate.close();
  none.begin();
  EXPECT_FALSE(none.finish(kAtOnce));
}

}  // namespace
}  // namespace wemol
