// The recorder's rounds as device history.

#include <gtest/gtest.h>

#include "device_history_sink.h"
#include "device_samples.h"
#include "patient_sink.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol {
namespace {

using test::at;
using test::gpu;
using test::kMidnight;

class DeviceSinkTest : public testing::Test {
 protected:
  test::TimeZone zone_{"UTC0"};
  test::TempDir dir_;
  std::shared_ptr<RoundClock> clock_ = std::make_shared<RoundClock>(Moment{{}, at(kMidnight + 5)});

  static Snapshot round_of(const std::string& task_id) {
    Snapshot snapshot;
    snapshot.gpu_devices = {gpu(0, 40), gpu(1, 0)};
    if (!task_id.empty()) {
      TaskSample& sample = snapshot.samples.emplace_back();
      sample.task.task_id = task_id;
      sample.gpus.emplace().push_back({.uuid = "AMD-0", .device = gpu(0, 40)});
    }
    return snapshot;
  }
};

TEST_F(DeviceSinkTest, TasksStandInThePlaceOfUsersAndCardsWithoutOneAreThere) {
  {
    DeviceHistorySink sink({.folder = dir_.path()}, clock_);
    EXPECT_TRUE(sink.write(round_of("132178")).empty());
    clock_->set({{}, at(kMidnight + 61)});
    EXPECT_TRUE(sink.write(round_of("")).empty());
    clock_->set({{}, at(kMidnight + 90)});
  }
  EXPECT_EQ(test::read_text(dir_ / "devices/2026-03-10.csv"),
            test::header() +
                "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,40,25,196608,,,task 132178\r\n"
                "2026-03-10T00:01:00+00:00,1,AMD-1,MI300X,0,25,196608,,,-\r\n"
                "2026-03-10T00:01:30+00:00,0,AMD-0,MI300X,40,25,196608,,,-\r\n"
                "2026-03-10T00:01:30+00:00,1,AMD-1,MI300X,0,25,196608,,,-\r\n");
}

TEST_F(DeviceSinkTest, TasksAreUnknownWhereTheirProcessesAre) {
  Snapshot snapshot = round_of("7");
  snapshot.samples[0].gpus.reset();
  EXPECT_FALSE(tasks_on_gpus(snapshot));

  Snapshot without_engine = round_of("");
  EXPECT_TRUE(tasks_on_gpus(without_engine));
  without_engine.are_tasks_known = false;
  EXPECT_FALSE(tasks_on_gpus(without_engine));
}

TEST_F(DeviceSinkTest, AFolderThatAnotherHasIsStatedAndTriedAgain) {
  auto other = DeviceHistory::open({.folder = dir_.path()});
  ASSERT_TRUE(other);
  DeviceHistorySink sink({.folder = dir_.path()}, clock_);
  EXPECT_TRUE(sink.write(round_of("7")).empty()) << "no interval is over yet";
  clock_->set({{}, at(kMidnight + 61)});
  EXPECT_EQ(sink.write(round_of("7")).size(), 1U);
  EXPECT_EQ(sink.write(round_of("7")).size(), 1U) << "it holds in every round";
  other = failure("gone");
  clock_->set({{}, at(kMidnight + 121)});
  EXPECT_TRUE(sink.write(round_of("7")).empty());
  const std::string text = test::read_text(dir_ / "devices/2026-03-10.csv");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 2 * 2) << "what waited is there, too";
}

}  // namespace
}  // namespace wemol
