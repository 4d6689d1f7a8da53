#include "gpu_figure_cache.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

class GpuFigureCacheTest : public testing::Test {
 protected:
  using Devices = std::optional<std::vector<GpuDevice>>;
  using Processes = std::optional<std::vector<GpuProcess>>;

  struct Answer {
    Devices devices;
    Processes processes;
  };
  Answer after(SteadyTime::duration time, Answer answer) {
    now += time;
    cache.complete(answer.devices, answer.processes, now);
    return answer;
  }

  [[nodiscard]] static Answer measured() {
    return {.devices = {{{.index = 0, .uuid = "GPU-a", .utilization_percent = 70},
                         {.index = 1, .uuid = "GPU-b", .utilization_percent = 5}}},
            .processes = {{{.pid = 7, .gpu_uuid = "GPU-a", .memory_used_bytes = 100}}}};
  }
  /// What nvidia-smi's reader gives between two answers.
  [[nodiscard]] static Answer only_identities() {
    return {.devices = {{{.index = 0, .uuid = "GPU-a"}, {.index = 1, .uuid = "GPU-b"}}},
            .processes = {{{.pid = 7, .gpu_uuid = "GPU-a"}}}};
  }

  SteadyTime now{1h};
  GpuFigureCache cache;
};

TEST_F(GpuFigureCacheTest, FillsWhatIsNotMeasuredInThisSample) {
  (void)after(0s, measured());
  const Answer answer = after(3s, only_identities());
  EXPECT_EQ(answer.devices->at(0).utilization_percent, 70);
  EXPECT_EQ(answer.devices->at(1).utilization_percent, 5);
  EXPECT_EQ(answer.processes->at(0).memory_used_bytes, 100U);
}

TEST_F(GpuFigureCacheTest, AnAnswerThatIsNotThereYetIsTheLastOne) {
  (void)after(0s, measured());
  const Answer answer = after(3s, {});
  ASSERT_TRUE(answer.devices);
  EXPECT_EQ(answer.devices->at(0).utilization_percent, 70);
  ASSERT_TRUE(answer.processes);
}

TEST_F(GpuFigureCacheTest, FiguresAreDroppedAfterTenSeconds) {
  (void)after(0s, measured());
  EXPECT_TRUE(after(10s, only_identities()).devices->at(0).utilization_percent);
  EXPECT_FALSE(after(1ms, only_identities()).devices->at(0).utilization_percent);
  EXPECT_FALSE(after(1s, {}).devices);
}

TEST_F(GpuFigureCacheTest, AFigureThatFailsWhileOthersAreMeasuredIsNotThatOfBefore) {
  (void)after(0s, measured());
  Answer answer = measured();
  answer.devices->at(1).utilization_percent.reset();
  answer = after(1s, answer);
  EXPECT_EQ(answer.devices->at(0).utilization_percent, 70);
  EXPECT_FALSE(answer.devices->at(1).utilization_percent);
}

TEST_F(GpuFigureCacheTest, AGpuOrProcessThatAnAnswerLacksIsGone) {
  (void)after(0s, measured());
  Answer answer = only_identities();
  answer.devices->pop_back();
  answer.processes->clear();
  answer = after(1s, answer);
  EXPECT_EQ(answer.devices->size(), 1U);
  EXPECT_TRUE(answer.processes->empty());
  answer = after(1s, only_identities());
  EXPECT_FALSE(answer.processes->at(0).memory_used_bytes) << "another one, with the same pid";
}

}  // namespace
}  // namespace wemol
