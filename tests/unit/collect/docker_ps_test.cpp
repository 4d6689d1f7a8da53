#include <gtest/gtest.h>

#include "docker_commands.h"
#include "text_file.h"

namespace wemol::docker {
namespace {

using test::fixture;

const std::string kIdA(64, 'a');
const std::string kIdB(64, 'b');

class PsOfVersion : public testing::TestWithParam<const char*> {};

TEST_P(PsOfVersion, ListsRunningPausedAndRestartingContainers) {
  const PsOutput output = parse_ps(fixture("docker/" + std::string(GetParam()) + "/ps.txt"));
  ASSERT_EQ(output.containers.size(), 7U);
  EXPECT_TRUE(output.messages.empty());
  EXPECT_EQ(output.containers[4].name, "wemol_rc_task_gpu_132173_182060_334173");
  EXPECT_EQ(output.containers[4].id,
            "bcd0f8a42e92d63a682fe0dd5d466bdd5ff8de4224b6f10ff8a9b95c6fc27f38");
  EXPECT_TRUE(output.containers[4].has_processes);
  EXPECT_EQ(output.containers[2].name, "fx_restarting");
  EXPECT_FALSE(output.containers[2].has_processes);
  EXPECT_EQ(output.containers[3].name, "fx_paused");
  EXPECT_TRUE(output.containers[3].has_processes);
}

INSTANTIATE_TEST_SUITE_P(Docker, PsOfVersion, testing::Values("cli-20.10.24", "cli-28.2.2"));

TEST(DockerPs, OfSeveralNamesTakesTheContainersOwn) {
  const auto output =
      parse_ps(kIdA + "\tlinked,other/alias\trunning\n" + kIdB + "\tapp/db,linkfirst\trunning\n");
  ASSERT_EQ(output.containers.size(), 2U);
  EXPECT_EQ(output.containers[0].name, "linked");
  EXPECT_EQ(output.containers[1].name, "linkfirst");
}

TEST(DockerPs, KeepsGoodLinesBesideMessages) {
  const auto output = parse_ps("WARNING: something\n" + kIdA + "\ta\trunning\nabc\tb\trunning\n");
  ASSERT_EQ(output.containers.size(), 1U);
  EXPECT_EQ(output.containers[0].name, "a");
  EXPECT_EQ(output.messages.size(), 2U);
}

TEST(DockerPs, NameThatCannotBeIsAMessage) {
  for (const std::string name : {"", ",x/y", "a\x1b[31m", "a b", "\x7f", "\xff", "分"}) {
    const auto output = parse_ps(kIdA + "\t" + name + "\trunning\n");
    EXPECT_TRUE(output.containers.empty()) << name;
    EXPECT_EQ(output.messages.size(), 1U) << name;
  }
}

TEST(DockerPs, LeavesOutHalfALine) {
  EXPECT_TRUE(parse_ps(kIdA + "\ta\trunn").containers.empty());
  EXPECT_TRUE(parse_ps("").containers.empty());
}

}  // namespace
}  // namespace wemol::docker
