#include "native_check.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "api_version.h"
#include "declared_host.h"
#include "fake_file_reader.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

struct FakeGpus : GpuReader {
  std::optional<GpuReadings> readings;
  std::optional<Condition> reason;
  TaskGpuUse told;

  void note_tasks(const TaskGpuUse& use) override { told = use; }
  std::optional<GpuReadings> finish(const GpuReadingsDue& /*due*/) override { return readings; }
  [[nodiscard]] std::optional<Condition> why_nothing() const override { return reason; }
};

using test::OneAnswer;
constexpr const char* kV1 = test::kMountsOfVersion1;
constexpr const char* kV2 = test::kMountsOfVersion2;

class NativeCheck : public testing::Test {
 protected:
  NativeCheck() {
    options.engine_socket = "/run/engine.sock";
    files.files["/proc/self/mountinfo"] = kV1;
    files.files["/proc/1/cgroup"] = "0::/\n";
    readers.emplace_back(nvidia);
    readers.emplace_back(amd);
    nvidia->readings = gpus("Fast One");
  }
  static GpuReadings gpus(const std::string& name) {
    GpuReadings readings;
    readings.devices = {GpuDevice{.index = 0, .uuid = "GPU-1", .name = name}};
    readings.processes.emplace();
    return readings;
  }
  CheckResults check() {
    return check_native(options, {engine, loop, files, readers, presence, open_files_at_most});
  }
  /// The texts of all findings that are good, or of all that are not.
  std::string texts(bool good) {
    std::string text;
    for (const CheckResult& finding : check()) {
      text += finding.good == good ? finding.text + "\n" : "";
    }
    return text;
  }
  std::string ok() { return texts(true); }
  std::string fail() { return texts(false); }
  void control_groups_are(const std::string& mountinfo, const std::string& controllers) {
    files.files["/proc/self/mountinfo"] = mountinfo;
    files.files["/sys/fs/cgroup/cgroup.controllers"] = controllers;
  }

  Options options;
  OneAnswer engine;
  EventLoop loop;
  test::FakeFileReader files;
  FakeGpus* nvidia = new FakeGpus;
  FakeGpus* amd = new FakeGpus;
  std::vector<std::unique_ptr<GpuReader>> readers;
  GpuPresence presence{files, loop, "/nowhere"};
  std::uint64_t open_files_at_most = 65536;
};

testing::AssertionResult has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos ? testing::AssertionSuccess()
                                              : testing::AssertionFailure() << text;
}

TEST_F(NativeCheck, GoodHostHasOneGoodFindingPerThing) {
  engine.answer = HttpAnswer{200, R"([{"Id":")" + std::string(64, 'a') +
                                      R"(","Names":["/wemol_rc_task_1_2_3"]},{"Id":")" +
                                      std::string(64, 'b') + R"(","Names":["/nginx"]}])"};
  EXPECT_EQ(fail(), "");
  EXPECT_EQ(ok(),
            "the docker engine answers at /run/engine.sock: 2 containers are running, 1 of them "
            "named wemol_rc_task...\n"
            "the control groups count CPU (v1), memory (v1), disk (v1), pids (v1)\n"
            "the GPUs answer: 1 GPUs (0 Fast One), 0 processes on them\n");
}

TEST_F(NativeCheck, TheEngineIsAskedOnce) {
  (void)check();
  EXPECT_EQ(engine.targets, std::vector<std::string>{"/containers/json"});
}

TEST_F(NativeCheck, EachFailureOfTheSocketHasItsAdvice) {
  engine.answer = failure("/run/engine.sock: Permission denied", EACCES);
  EXPECT_TRUE(has(fail(), "Permission denied; let the recorder's user use docker (group docker)"));
  engine.answer = failure("/run/engine.sock: No such file or directory", ENOENT);
  EXPECT_TRUE(has(fail(), "see whether the docker service runs, and whether DOCKER_HOST"));
}

TEST_F(NativeCheck, EngineThatIsSilentIsWaitedForUpToTheTimeout) {
  engine.answer.reset();
  options.command_timeout = 20ms;
  EXPECT_TRUE(has(fail(), "it has not answered; see whether the docker service runs"));
  EXPECT_FALSE(engine.waiting);
}

TEST_F(NativeCheck, SocketOfSomethingElseIsNoEngine) {
  engine.answer = HttpAnswer{200, "hello"};
  EXPECT_TRUE(has(fail(), "check DOCKER_HOST"));
  engine.answer = HttpAnswer{403, R"({"message":"not for you"})"};
  EXPECT_TRUE(has(fail(), "HTTP status 403: not for you"));
}

TEST_F(NativeCheck, EngineWithoutACommonVersionIsNamedWithWhatToDo) {
  engine.answer =
      failure("version 19.03.15 speaks no newer API: update it", engine::kNoCommonVersion);
  EXPECT_EQ(fail(),
            "the docker engine cannot be used: version 19.03.15 speaks no newer API: update it\n");
  engine.answer = failure("asked for its version it says: <html>", engine::kNoEngine);
  EXPECT_EQ(fail(),
            "what answers at /run/engine.sock is no docker engine: asked for its version it says: "
            "<html>; check DOCKER_HOST\n");
}

TEST_F(NativeCheck, BothVersionsOfTheControlGroupsAreSeen) {
  control_groups_are(kV2, "cpuset cpu io memory hugetlb pids rdma\n");
  EXPECT_TRUE(has(ok(), "CPU (v2), memory (v2), disk (v2), pids (v2)\n"));
  control_groups_are(std::string(kV2) + "33 31 0:30 / /x rw shared:1 - cgroup cgroup rw,cpuacct\n",
                     "memory\n");
  EXPECT_TRUE(has(ok(), "CPU (v1), memory (v2); not disk, pids, which will be N/A\n"));
}

TEST_F(NativeCheck, HostWithoutCpuCounterCannotBeRecorded) {
  control_groups_are("35 31 0:32 / /x rw shared:12 - cgroup cgroup rw,memory\n", "");
  EXPECT_TRUE(has(fail(), "mount /sys/fs/cgroup"));
}

TEST_F(NativeCheck, HiddenProcessesAreToldWithTheMountOption) {
  files.files.erase("/proc/1/cgroup");
  EXPECT_TRUE(has(fail(), "hidepid"));
}

TEST_F(NativeCheck, GpusAreAskedAsForANewTask) {
  (void)check();
  EXPECT_TRUE(nvidia->told.is_wanted);
  EXPECT_EQ(nvidia->told.new_tasks, 1U);
}

TEST_F(NativeCheck, GpusOfEveryMakerHaveTheirLine) {
  amd->readings = gpus("Other One");
  EXPECT_TRUE(has(ok(), "1 GPUs (0 Fast One)"));
  EXPECT_TRUE(has(ok(), "1 GPUs (0 Other One)"));
}

TEST_F(NativeCheck, WhatAReaderHasToSayIsOnItsLine) {
  nvidia->readings->conditions = {{.key = "x", .message = "the GPUs are read with nvidia-smi"}};
  EXPECT_TRUE(has(ok(), "processes on them; the GPUs are read with nvidia-smi\n"));
  EXPECT_EQ(fail(), "");
}

TEST_F(NativeCheck, GpusThatCannotBeReadAreAFailure) {
  nvidia->readings = GpuReadings{};
  nvidia->readings->conditions = {{.key = "x", .message = "GPU is lost"}};
  EXPECT_TRUE(has(fail(), "GPU is lost; see whether their driver is loaded"));
}

TEST_F(NativeCheck, HostWithoutGpuNeedsNoGpuTools) {
  nvidia->readings.reset();
  nvidia->reason = Condition{.key = "no nvidia gpus", .message = "NVML cannot be loaded"};
  EXPECT_EQ(fail(), "");
  EXPECT_TRUE(has(ok(), "will be N/A (NVML cannot be loaded)"));
  amd->readings = gpus("Other One");
  EXPECT_EQ(ok().find("NVML"), std::string::npos);
}

TEST_F(NativeCheck, FewDescriptorsAreToldWithHowManyTasksTheyAreFor) {
  open_files_at_most = 1024;
  EXPECT_EQ(fail(), "");
  open_files_at_most = 256;
  EXPECT_TRUE(has(fail(), "256 open files are allowed, which are enough for some 21 tasks"));
  open_files_at_most = 10;
  EXPECT_TRUE(has(fail(), "some 0 tasks"));
}

}  // namespace
}  // namespace wemol
