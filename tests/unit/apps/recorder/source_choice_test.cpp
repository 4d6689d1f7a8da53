#include "source_choice.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "declared_host.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

class ChoiceOfSource : public testing::Test {
 protected:
  ChoiceOfSource() {
    options.source = SourceKind::automatic;
    options.engine_socket = "/run/engine.sock";
    files.files["/proc/self/mountinfo"] = test::kMountsOfVersion2;
    files.files["/sys/fs/cgroup/cgroup.controllers"] = "cpu io memory pids\n";
    files.files["/proc/1/cgroup"] = "0::/\n";
    runner.answer("docker ps", test::printed(""));
  }
  SourceChoice choose() {
    return choose_source(
        options,
        [&] {
          return check_native_needs(options,
                                    {engine, loop, files, readers, presence, open_files_at_most});
        },
        [&] { return check_docker(options, runner); });
  }
  void expect(SourceKind source, const std::string& why) {
    const SourceChoice choice = choose();
    EXPECT_STREQ(name_of(choice.source), name_of(source)) << choice.why;
    EXPECT_NE(choice.why.find(why), std::string::npos) << choice.why;
  }

  Options options;
  test::OneAnswer engine;
  EventLoop loop;
  test::FakeFileReader files;
  test::FakeCommandRunner runner;
  std::vector<std::unique_ptr<GpuReader>> readers;
  GpuPresence presence{files, loop, "/nowhere"};
  std::uint64_t open_files_at_most = 65536;
};

TEST_F(ChoiceOfSource, IsNativeOnAHostThatHasAllItNeeds) {
  expect(SourceKind::native, "this host has all that it needs");
  EXPECT_TRUE(runner.started().empty()) << "docker need not be installed";
}

TEST_F(ChoiceOfSource, IsNativeWhereOnlyMemoryDiskOrPidsAreNotCounted) {
  files.files["/sys/fs/cgroup/cgroup.controllers"] = "\n";
  expect(SourceKind::native, "");
}

TEST_F(ChoiceOfSource, IsDockerCliWithoutControlGroups) {
  files.files["/proc/self/mountinfo"] = "";
  expect(SourceKind::docker_cli, "no control groups with a CPU counter");
}

TEST_F(ChoiceOfSource, IsDockerCliWhereProcessesAreHidden) {
  files.files.erase("/proc/1/cgroup");
  expect(SourceKind::docker_cli, "hidepid");
}

TEST_F(ChoiceOfSource, IsDockerCliWithFewDescriptors) {
  open_files_at_most = 256;
  expect(SourceKind::docker_cli, "256 open files are allowed");
}

TEST_F(ChoiceOfSource, IsDockerCliForAnEngineElsewhereAndNothingIsAsked) {
  options.engine_socket.clear();
  options.why_no_engine_socket = "DOCKER_HOST=tcp://far:1 is elsewhere";
  expect(SourceKind::docker_cli, "DOCKER_HOST=tcp://far:1 is elsewhere");
  EXPECT_TRUE(engine.targets.empty());
  EXPECT_TRUE(runner.started().empty());
}

TEST_F(ChoiceOfSource, IsDockerCliWhereOnlyTheCommandReachesAnEngine) {
  engine.answer = failure("/run/engine.sock: No such file or directory", ENOENT);
  expect(SourceKind::docker_cli, "the docker command answers, but the docker engine does not");
}

TEST_F(ChoiceOfSource, IsNativeWhileTheEngineIsAway) {
  engine.answer = failure("/run/engine.sock: Connection refused", ECONNREFUSED);
  runner.answer("docker ps", test::failed(1, "Cannot connect to the Docker daemon"));
  expect(SourceKind::native, "/run/engine.sock: Connection refused");
}

TEST_F(ChoiceOfSource, IsDockerCliWhereTheHostLacksSomethingThoughTheEngineIsAway) {
  engine.answer = failure("/run/engine.sock: Connection refused", ECONNREFUSED);
  runner.answer("docker ps", test::failed(1, "Cannot connect to the Docker daemon"));
  files.files.erase("/proc/1/cgroup");
  expect(SourceKind::docker_cli, "hidepid");
}

TEST_F(ChoiceOfSource, SilentEngineIsWaitedForUpToTheTimeout) {
  options.command_timeout = 20ms;
  engine.answer.reset();
  runner.answer("docker ps", test::ended_as(CommandOutcome::Status::timed_out));
  expect(SourceKind::native, "it has not answered");
}

}  // namespace
}  // namespace wemol
