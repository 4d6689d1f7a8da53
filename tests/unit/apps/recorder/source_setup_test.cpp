#include "source_setup.h"

#include <gtest/gtest.h>

#include "fake_command_runner.h"
#include "fake_file_reader.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::printed;

class DockerCliSetup : public testing::Test {
 protected:
  /// Until when a round waits for docker stats that has to end at `due`.
  std::optional<SteadyTime> waits_until(SteadyTime due) {
    EXPECT_TRUE(source->collect(due));
    return runner.last_due("docker stats");
  }
  void SetUp() override {
    runner.answer("docker ps", printed(std::string(64, 'a') + "\twemol_rc_task_1_2_3\trunning\n"));
    options.interval = 3s;
    source = make_source(options, loop, files, runner);
  }

  Options options;
  EventLoop loop;
  test::FakeFileReader files;
  test::FakeCommandRunner runner;
  std::unique_ptr<SourceSetup> source;
};

TEST_F(DockerCliSetup, RoundsEndInTime) {
  const SteadyTime due = loop.now() + 100s;
  EXPECT_EQ(waits_until(due), due - 400ms) << "what is left is for docker events";
}

TEST_F(DockerCliSetup, RoundsThatAreTooShortForDockerStatsWaitForIt) {
  options.interval = 2999ms;
  source->change(options);
  EXPECT_EQ(waits_until(loop.now() + 100s), SteadyTime::max());
}

}  // namespace
}  // namespace wemol
