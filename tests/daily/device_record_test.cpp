// The agent's samples as device history.

#include "device_record.h"

#include <sys/resource.h>

#include <csignal>

#include <gtest/gtest.h>

#include "device_samples.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol::agent {
namespace {

using test::at;
using test::gpu;
using test::kMidnight;

HostSample sample_at(std::int64_t epoch, double utilization_percent) {
  HostSample sample;
  sample.read_at = at(epoch);
  sample.gpus.emplace({gpu(0, utilization_percent)});
  return sample;
}

void add_process(HostSample& sample, std::uint64_t pid, const std::string& user) {
  if (!sample.gpu_processes) {
    sample.gpu_processes.emplace();
    sample.process_list.emplace();
  }
  sample.gpu_processes->push_back({.pid = pid, .gpu_uuid = "AMD-0"});
  sample.process_list->emplace_back().facts.pid = pid;
  sample.process_list->back().user = user;
}

TEST(UsersOfGpus, AreTheOwnersOfTheirProcesses) {
  HostSample sample = sample_at(kMidnight, 0);
  add_process(sample, 7, "maria");
  add_process(sample, 8, "lin");
  sample.gpu_processes->push_back({.pid = 9, .gpu_uuid = "AMD-1"});  // it has just ended
  const DeviceUsers users = users_of_gpus(sample);
  ASSERT_TRUE(users);
  EXPECT_EQ(users->at("AMD-0"), (std::vector<std::string>{"maria", "lin"}));
  EXPECT_FALSE(users->contains("AMD-1"));
}

TEST(UsersOfGpus, AreUnknownWhereProcessesAre) {
  HostSample sample = sample_at(kMidnight, 0);
  EXPECT_FALSE(users_of_gpus(sample));
  sample.gpu_processes.emplace();
  EXPECT_FALSE(users_of_gpus(sample)) << "--processes none";
  sample.process_list.emplace();
  EXPECT_TRUE(users_of_gpus(sample)) << "nobody is known";
}

class DeviceRecordTest : public testing::Test {
 protected:
  test::TimeZone zone_{"UTC0"};
  test::TempDir dir_;
  DeviceHistorySettings settings_{.folder = dir_.path()};
};

TEST_F(DeviceRecordTest, WritesIntervalsAndTheLastOneAtItsEnd) {
  {
    DeviceRecord record(settings_);
    ASSERT_TRUE(record.start());
    HostSample sample = sample_at(kMidnight + 1, 40);
    add_process(sample, 7, "maria");
    record.take(sample);
    record.take(sample_at(kMidnight + 61, 60));
  }
  EXPECT_EQ(test::read_text(dir_ / "devices/2026-03-10.csv"),
            test::header() +
                "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,40,25,196608,,,maria\r\n"
                "2026-03-10T00:02:00+00:00,0,AMD-0,MI300X,60,25,196608,,,\r\n");
}

TEST_F(DeviceRecordTest, SamplesWithoutGpusMakeNoRows) {
  {
    DeviceRecord record(settings_);
    ASSERT_TRUE(record.start());
    HostSample sample;
    sample.read_at = at(kMidnight);
    record.take(sample);
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "devices/2026-03-10.csv"));
}

TEST_F(DeviceRecordTest, IsRefusedWhereAnotherWrites) {
  const auto other = DeviceHistory::open(settings_);
  ASSERT_TRUE(other);
  DeviceRecord record(settings_);
  const auto started = record.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("another program"), std::string::npos);
}

TEST_F(DeviceRecordTest, AFolderThatCannotBeMadeIsTriedAgain) {
  test::write_text(dir_ / "devices", "in its place");
  {
    DeviceRecord record(settings_);
    ASSERT_TRUE(record.start());
    record.take(sample_at(kMidnight + 1, 40));
    std::filesystem::remove(dir_ / "devices");
    record.take(sample_at(kMidnight + 61, 60));
  }
  const std::string text = test::read_text(dir_ / "devices/2026-03-10.csv");
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
}

}  // namespace
}  // namespace wemol::agent
