#include "nvml_client.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "freezer.h"
#include "nvml_helper.h"
#include "nvml_scenario.h"

namespace wemol::nvml {
namespace {

using namespace std::chrono_literals;
using test::kTwoGpus;
using test::NvmlScenario;
using test::read_text;

constexpr auto kPlenty = 20s;  ///< nothing takes so long unless it is broken

std::vector<std::string> helper(const std::string& library = WEMOL_FAKE_NVML) {
  return {WEMOL_RECORDER, kHelperArgument, library};
}

std::vector<std::string> shell(const std::string& script) {
  return {"sh", "-c", script};
}

bool is_alive(const std::string& pid) {
  return kill(std::stoi(pid), 0) == 0;
}

std::size_t count(const std::string& text, char wanted) {
  return static_cast<std::size_t>(std::ranges::count(text, wanted));
}

class NvmlHelper : public testing::Test {
 protected:
  void start(const std::vector<std::string>& command, HelperTiming timing = {}) {
    client = std::make_unique<NvmlClient>(loop, command, timing);
  }
  std::optional<GpuReadings> finish_by(SteadyTime due) {
    return client->finish({.driver = due, .command = due});
  }
  std::optional<GpuReadings> round(std::chrono::milliseconds time) {
    client->begin();
    return finish_by(loop.now() + time);
  }
  /// Rounds until one has readings.
  GpuReadings rounds_until_readings() {
    const SteadyTime end = loop.now() + kPlenty;
    while (loop.now() < end) {
      if (auto readings = round(100ms); readings && readings->devices) {
        return *readings;
      }
      (void)loop.wait_until(loop.now() + 5ms);
    }
    ADD_FAILURE() << "no readings";
    return {};
  }
  template <typename Condition>
  void wait_for(Condition condition) {
    const SteadyTime end = loop.now() + kPlenty;
    while (!condition() && loop.now() < end) {
      (void)loop.wait_until(loop.now() + 2ms);
    }
    EXPECT_TRUE(condition());
  }
  static std::string words(const std::optional<GpuReadings>& readings) {
    if (!readings || readings->devices || readings->processes || readings->conditions.size() != 1) {
      return "";
    }
    EXPECT_EQ(readings->conditions[0].key, "nvml helper");
    return readings->conditions[0].message;
  }

  EventLoop loop;
  NvmlScenario scenario;
  std::unique_ptr<NvmlClient> client;
};

TEST_F(NvmlHelper, AnswersEachRound) {
  scenario.set(kTwoGpus);
  start(helper());
  for (int i = 0; i < 3; ++i) {
    const auto readings = round(kPlenty);
    ASSERT_TRUE(readings && readings->devices && readings->processes);
    EXPECT_EQ(readings->devices->size(), 2U);
    EXPECT_EQ(readings->processes->size(), 4U);
    EXPECT_TRUE(readings->conditions.empty());
  }
  EXPECT_EQ(scenario.log(), "init\n") << "one helper, the driver opened once";
}

TEST_F(NvmlHelper, CallThatNeverReturnsDoesNotHoldUpTheRound) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage hang\n");
  start(helper());
  for (int i = 0; i < 5; ++i) {
    const SteadyTime began = loop.now();
    const std::string message = words(round(50ms));
    EXPECT_LT(loop.now() - began, 5s);
    EXPECT_NE(message.find("has not answered for 0."), std::string::npos) << message;
  }
  wait_for([&] { return scenario.log() == "init\n"; });  // never a second helper
}

TEST_F(NvmlHelper, TimeForAnAnswerMayBeChanged) {
  scenario.set(kTwoGpus);
  start(helper(), {.answer = 1000s});
  rounds_until_readings();
  client->set_answer_timeout(100ms);
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage hang\n");
  const SteadyTime began = loop.now();
  (void)round(kPlenty);  // ends with the helper
  EXPECT_LT(loop.now() - began, kPlenty);
}

TEST_F(NvmlHelper, HelperThatHangsIsKilledAndTheNextOneStartedAfterThePause) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage hang\n");
  start(helper(), {.answer = 100ms, .first_answer = 3s, .first_pause = 400ms});
  (void)round(kPlenty);  // ends with the helper
  const SteadyTime killed = loop.now();
  scenario.set(kTwoGpus);
  const std::string message = words(round(0ms));
  // Of 3 s, and of more on a busy machine.
  EXPECT_NE(message.find("gave no answer for 3."), std::string::npos) << message;
  EXPECT_NE(message.find(" s and was killed; the next one is started in 0."), std::string::npos)
      << message;
  EXPECT_EQ(scenario.log(), "init\n");
  EXPECT_EQ(rounds_until_readings().devices->size(), 2U);
  EXPECT_GE(loop.now() - killed, 390ms);
  EXPECT_EQ(scenario.log(), "init\ninit\n");
}

TEST_F(NvmlHelper, PausesGrowWhileItGoesOnFailing) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage crash\n");
  start(helper(), {.first_pause = 100ms});
  std::vector<SteadyTime> ends;
  for (std::size_t helpers = 1; helpers <= 3; ++helpers) {
    wait_for([&] {
      (void)round(kPlenty);
      return count(scenario.log(), '\n') >= helpers;
    });
    ends.push_back(loop.now());
  }
  EXPECT_GE(ends[1] - ends[0], 90ms);
  EXPECT_GE(ends[2] - ends[1], 190ms);
}

TEST_F(NvmlHelper, CrashIsSeenAtOnce) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage crash\n");
  start(helper());
  const std::string message = words(round(kPlenty));
  EXPECT_NE(message.find("was killed by signal 6 (Aborted)"), std::string::npos) << message;
}

TEST_F(NvmlHelper, AnswerThatIsLateButFreshCountsForTheNextRound) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage wait " + scenario.path("go") +
               "\n");
  start(helper(), {.fresh = kPlenty});
  EXPECT_FALSE(words(round(30ms)).empty());
  test::write_text(scenario.path("go"), "");
  const auto readings = round(kPlenty);
  ASSERT_TRUE(readings);
  EXPECT_TRUE(readings->devices);
  EXPECT_EQ(scenario.log(), "init\n");
}

TEST_F(NvmlHelper, AnswerThatIsTooLateIsThrownAwayAndMakesItHealthyAgain) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage wait " + scenario.path("go") +
               "\n");
  start(helper(), {.fresh = 0ms});
  EXPECT_FALSE(words(round(30ms)).empty());
  client->begin();
  scenario.set(std::string(kTwoGpus) + "0.utilization 77 0\n");
  test::write_text(scenario.path("go"), "");
  wait_for(
      [&] { return words(finish_by(loop.now())).find("answered too late") != std::string::npos; });
  EXPECT_EQ(rounds_until_readings().devices->at(0).utilization_percent, 77);
  EXPECT_EQ(scenario.log(), "init\n");
}

TEST_F(NvmlHelper, WithoutTheLibraryThereAreNoReadingsAndItIsNotTriedInEveryRound) {
  start(shell("echo >> " + scenario.path("starts") +
              "; exec " WEMOL_RECORDER " --nvml-helper /no/such/library.so"),
        {.first_library_pause = 2s});
  EXPECT_FALSE(round(kPlenty));
  EXPECT_NE(client->why_no_library().find("/no/such/library.so"), std::string::npos);
  wait_for([&] { return client->has_let_go(); });
  EXPECT_FALSE(round(0ms));
  EXPECT_EQ(read_text(scenario.path("starts")), "\n");
  wait_for([&] {
    EXPECT_FALSE(round(10ms));
    return read_text(scenario.path("starts")) == "\n\n";
  });
}

TEST_F(NvmlHelper, AnswerThatCannotBeUnderstoodEndsTheHelper) {
  start(shell("read x; echo '{\"devices\":'; exec sleep 1000"));
  (void)round(kPlenty);
  wait_for([&] { return client->has_let_go(); });
  const std::string message = words(round(0ms));
  EXPECT_NE(message.find("gave an answer that is not a JSON object"), std::string::npos) << message;
}

TEST_F(NvmlHelper, AnswerWithoutEndEndsTheHelper) {
  start(shell("read x; yes | tr -d '\\n'"));
  EXPECT_NE(words(round(kPlenty)).find("was killed"), std::string::npos);
}

TEST_F(NvmlHelper, HelperThatCannotBeStartedIsStated) {
  start({"/no/such/program"});
  const std::string message = words(round(kPlenty));
  EXPECT_NE(message.find("could not be started: No such file"), std::string::npos) << message;
}

TEST_F(NvmlHelper, LettingGoClosesTheDriverAndTheNextRoundOpensItAgain) {
  scenario.set(kTwoGpus);
  start(helper());
  EXPECT_TRUE(round(kPlenty)->devices);
  EXPECT_FALSE(client->has_let_go());
  client->let_go();
  wait_for([&] { return client->has_let_go(); });
  EXPECT_EQ(scenario.log(), "init\nshutdown\n");
  EXPECT_TRUE(round(kPlenty)->devices);
  EXPECT_EQ(scenario.log(), "init\nshutdown\ninit\n");
}

TEST_F(NvmlHelper, HelperThatDoesNotLetGoIsKilled) {
  start(shell("exec sleep 1000"), {.answer = 50ms});
  (void)round(1ms);
  client->let_go();
  wait_for([&] { return client->has_let_go(); });
}

TEST_F(NvmlHelper, NoneIsLeftAtTheEnd) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage hang\n");
  start(shell("echo $$ > " + scenario.path("pid") +
              "; exec " WEMOL_RECORDER " --nvml-helper " WEMOL_FAKE_NVML));
  client->begin();
  wait_for([&] { return scenario.log() == "init\n"; });
  const std::string pid = read_text(scenario.path("pid"));
  EXPECT_TRUE(is_alive(pid));
  client.reset();
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(NvmlHelper, HelperThatCannotBeKilledIsLeftAloneAndIsTheOnlyOne) {
  const test::Freezer freezer;
  if (!freezer.available()) {
    GTEST_SKIP() << "needs root and the freezer of control groups v1";
  }
  const std::string starts = scenario.path("starts");
  start(shell("echo >> " + starts + "; exec sleep 1000"),
        {.answer = 50ms, .first_answer = 50ms, .first_pause = 1ms});
  freezer.hold_children_of([&] { client->begin(); });
  // Without the loop, which would end it for its missing answer before it has begun.
  for (const SteadyTime end = loop.now() + kPlenty;
       (!std::filesystem::exists(starts) || read_text(starts).empty()) && loop.now() < end;) {
    std::this_thread::sleep_for(2ms);
  }
  freezer.freeze();
  std::string message;
  wait_for([&] {
    message = words(round(10ms));
    return message.find("cannot be ended") != std::string::npos;
  });
  EXPECT_EQ(read_text(starts), "\n");
  freezer.thaw();
  wait_for([&] {
    (void)round(10ms);
    return count(read_text(starts), '\n') >= 2;
  });
  client.reset();  // the control group cannot go while the helper is in it
}

TEST(NvmlHelperArguments, NothingElseMakesTheRecorderAHelper) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {"x"}, {"x", "--help"}, {"x", "--check", kHelperArgument}}) {
    EXPECT_FALSE(run_if_helper(static_cast<int>(arguments.size()), arguments.data()));
  }
}

}  // namespace
}  // namespace wemol::nvml
