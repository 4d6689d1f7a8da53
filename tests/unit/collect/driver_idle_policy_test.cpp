#include "driver_idle_policy.h"

#include <gtest/gtest.h>

#include "fake_file_reader.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Decision = DriverIdlePolicy::Decision;

constexpr TaskGpuUse kNoTask{};
constexpr TaskGpuUse kNewTask{.is_wanted = true, .new_tasks = 1};
constexpr TaskGpuUse kIdleTask{.is_wanted = true};
constexpr TaskGpuUse kBusyTask{.is_wanted = true, .a_task_uses_gpu = true};

class DriverAtRest : public testing::Test {
 protected:
  void SetUp() override { set_count("3"); }
  void set_count(const std::string& count) { files.files[kDriverCount] = count + "\n"; }
  /// One round `later` than the last. The answer to the last one was good, and the driver is closed
  /// as soon as it was let go.
  Decision round(std::chrono::seconds later, const TaskGpuUse& use) {
    now += later;
    const bool closed = last == Decision::ask_last || last == Decision::stay_away;
    return last = rest.decide(now, use, closed, true);
  }
  void bring_to_rest() {
    EXPECT_EQ(round(0s, kNewTask), Decision::ask);
    EXPECT_EQ(round(60s, kIdleTask), Decision::ask_last);
    EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
  }

  test::FakeFileReader files;
  DriverIdlePolicy rest{files};
  SteadyTime now{1000s};
  Decision last = Decision::stay_away;
};

TEST_F(DriverAtRest, IsNotAskedWhileThereHasBeenNoTask) {
  EXPECT_EQ(round(5s, kNoTask), Decision::stay_away);
  EXPECT_EQ(round(500s, kNoTask), Decision::stay_away);
  EXPECT_EQ(round(5s, kNewTask), Decision::ask);
}

TEST_F(DriverAtRest, IsAskedForTasksThatWereThereAtTheStart) {
  EXPECT_EQ(round(0s, kIdleTask), Decision::ask);
}

TEST_F(DriverAtRest, IsAskedAsLongAsATaskUsesAGpu) {
  round(0s, kNewTask);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(round(5s, kBusyTask), Decision::ask);
  }
}

TEST_F(DriverAtRest, IsLeftAMinuteAfterTheLastUse) {
  round(0s, kNewTask);
  round(100s, kBusyTask);
  EXPECT_EQ(round(59s, kIdleTask), Decision::ask);
  EXPECT_EQ(round(1s, kIdleTask), Decision::ask_last);
  EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
}

TEST_F(DriverAtRest, IsNotLeftWhileTheAnswersAreNotGood) {
  round(0s, kNewTask);
  now += 100s;
  EXPECT_EQ(rest.decide(now, kIdleTask, false, false), Decision::ask);
  EXPECT_EQ(rest.decide(now, kIdleTask, false, true), Decision::ask_last);
  EXPECT_EQ(rest.decide(now, kIdleTask, false, false), Decision::ask_last) << "no last answer yet";
  EXPECT_EQ(rest.decide(now, kIdleTask, false, true), Decision::stay_away);
}

TEST_F(DriverAtRest, TaskInTheLastReadingBringsItBack) {
  round(0s, kNewTask);
  EXPECT_EQ(round(60s, kIdleTask), Decision::ask_last);
  EXPECT_EQ(round(5s, kBusyTask), Decision::ask);
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask);
}

TEST_F(DriverAtRest, NewTaskWakesItForAMinute) {
  bring_to_rest();
  EXPECT_EQ(round(5s, kNewTask), Decision::ask);
  EXPECT_EQ(round(59s, kIdleTask), Decision::ask);
  EXPECT_EQ(round(1s, kIdleTask), Decision::ask_last);
}

TEST_F(DriverAtRest, WhoeverOpensTheDriverWakesItForAMinute) {
  bring_to_rest();
  EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
  set_count("4");
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask);
  EXPECT_EQ(round(59s, kIdleTask), Decision::ask);
}

TEST_F(DriverAtRest, DriverThatFinishesClosingLaterDoesNotWakeItAndLaterUsersStillDo) {
  bring_to_rest();
  set_count("1");
  EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
  set_count("2");
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask);
}

TEST_F(DriverAtRest, IsLookedAtOnceAMinuteWhileThereAreTasks) {
  bring_to_rest();
  EXPECT_EQ(round(54s, kIdleTask), Decision::stay_away);
  EXPECT_EQ(round(1s, kIdleTask), Decision::ask_last);
  EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
  EXPECT_EQ(round(54s, kIdleTask), Decision::stay_away);
  EXPECT_EQ(round(1s, kIdleTask), Decision::ask_last);
  EXPECT_EQ(round(5s, kBusyTask), Decision::ask) << "the look has found one";
}

TEST_F(DriverAtRest, WithoutTasksItIsKeptForAMinuteAndThenLeft) {
  round(0s, kNewTask);
  EXPECT_EQ(round(30s, kNoTask), Decision::keep_open);
  EXPECT_EQ(round(29s, kNoTask), Decision::keep_open);
  EXPECT_EQ(round(1s, kNoTask), Decision::stay_away);
  EXPECT_EQ(round(500s, kNoTask), Decision::stay_away) << "nor is it looked at";
}

TEST_F(DriverAtRest, CountThatCannotBeReadLeavesOnlyATimeWithoutTasks) {
  files.files.clear();
  round(0s, kNewTask);
  EXPECT_EQ(round(100s, kIdleTask), Decision::ask);
  EXPECT_EQ(round(5s, kNoTask), Decision::stay_away);
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask);
}

TEST_F(DriverAtRest, ModuleThatIsUnloadedIsNotLoadedAgainByALook) {
  bring_to_rest();
  files.files.clear();
  EXPECT_EQ(round(500s, kIdleTask), Decision::stay_away);
  set_count("0");
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask_last) << "the look that is due";
  EXPECT_EQ(round(5s, kIdleTask), Decision::stay_away);
  set_count("1");
  EXPECT_EQ(round(5s, kIdleTask), Decision::ask);
}

}  // namespace
}  // namespace wemol
