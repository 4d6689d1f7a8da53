#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

/// The engine of this suite goes away and comes back.
class Outage : public RecorderTest {
 protected:
  void TearDown() override {
    RecorderTest::TearDown();
    if (!IsSkipped() && engine().docker({"version"}).status != 0) {
      EXPECT_EQ(engine().start(), "");
    }
  }
};

TEST_F(Outage, an_engine_that_is_away_at_the_start_is_an_error_and_is_recorded_when_it_comes) {
  engine().stop();
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--log-level", "DEBUG"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round ") >= 5; }));
  EXPECT_EQ(recorder.lines_with("- ERROR - docker ps "), 1U);
  EXPECT_NE(recorder.log().find("see whether the docker service runs"), std::string::npos);
  ASSERT_EQ(engine().start(), "");
  engine().run("wemol_rc_task_132171_1_1");
  EXPECT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 1U);
  EXPECT_EQ(recorder.lines_with("rounds: docker ps "), 1U);
}

TEST_F(Outage, an_engine_that_stops_and_comes_back_costs_only_the_rounds_between) {
  engine().run("wemol_rc_task_132171_1_1", {"sleep", "100000"}, {"--restart", "always"});
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--log-level", "DEBUG"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  engine().stop();
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - docker ps ") == 1; }));
  ASSERT_EQ(engine().start(), "");
  EXPECT_TRUE(wait_for_more_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - docker ps "), 1U);
}

TEST_F(Outage, an_engine_that_crashes_in_mid_round_costs_only_the_rounds_until_it_is_back) {
  const std::string id = engine().run("wemol_rc_task_132171_1_1");
  const auto asked = folder().parent_path() / "asked";
  tools().put_script("docker", "case \"$1\" in stats) echo >> " + asked.string() +
                                   " ;; esac\nexec \"$docker\" \"$@\"\n");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(eventually([&] { return read_text(asked).size() >= 2; }));  // in the second round
  engine().crash();
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - docker ps ") == 1; }));
  ASSERT_EQ(engine().start(), "");
  engine().must_docker({"start", id});
  EXPECT_TRUE(wait_for_more_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
}

}  // namespace
}  // namespace wemol::e2e
