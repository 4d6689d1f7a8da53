#include "silent_tasks.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

TaskContainer task(const std::string& number, std::string because) {
  return {.task = {"", number, "1"},
          .container_id = "id" + number,
          .container_name = "task_" + number + "_1_1",
          .stats = std::nullopt,
          .run = 1,
          .no_reading_because = std::move(because)};
}

TaskContainer good(const std::string& number) {
  TaskContainer container = task(number, "");
  container.stats.emplace();
  return container;
}

class Silent : public testing::Test {
 protected:
  /// Rounds at an interval of 5 s.
  void rounds(int count, const std::vector<TaskContainer>& tasks) {
    for (int i = 0; i < count; ++i) {
      silent.note(tasks, now += 5s);
    }
  }
  SteadyTime now{};
  SilentTasks silent;
};

TEST_F(Silent, TaskIsNamedWithTheReasonAfterFifteenSeconds) {
  rounds(3, {task("1", "it is dumb"), good("2")});
  EXPECT_EQ(silent.count(), 0U);
  rounds(1, {task("1", "it is dumb"), good("2")});
  EXPECT_EQ(silent.count(), 1U);
  const Conditions conditions = silent.conditions();
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::warning);
  EXPECT_EQ(conditions[0].message,
            "task 1 has no rows: nothing valid can be read of its running container task_1_1_1: it "
            "is dumb");
}

TEST_F(Silent, LongIntervalTakesThreeRounds) {
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(silent.count(), 0U);
    silent.note({task("1", "dumb")}, now += 60s);
  }
  EXPECT_EQ(silent.count(), 1U);
}

TEST_F(Silent, OneReadingBeginsTheCountAnew) {
  rounds(3, {task("1", "dumb")});
  rounds(1, {good("1")});
  rounds(3, {task("1", "dumb")});
  EXPECT_EQ(silent.count(), 0U);
  rounds(1, {task("1", "dumb")});
  EXPECT_EQ(silent.count(), 1U);
  rounds(1, {good("1")});
  EXPECT_EQ(silent.count(), 0U);
  EXPECT_TRUE(silent.conditions().empty());
}

TEST_F(Silent, ContainerThatIsRestartedAgainAndAgainIsNoneOfThem) {
  for (std::uint64_t run = 1; run < 10; ++run) {
    TaskContainer restarted = task("1", "dumb");
    restarted.run = run;
    rounds(2, {restarted, good("2")});
    rounds(1, {task("1", ""), good("2")});
  }
  EXPECT_EQ(silent.count(), 0U);
}

TEST_F(Silent, ShortTasksAreNoneOfThem) {
  for (int i = 0; i < 10; ++i) {
    rounds(2, {task(std::to_string(i), "dumb"), good("a")});
  }
  rounds(1, {});
  EXPECT_EQ(silent.count(), 0U);
}

TEST_F(Silent, RoundInWhichNobodyCouldBeAskedChangesNothing) {
  rounds(10, {task("1", ""), task("2", "")});
  EXPECT_EQ(silent.count(), 0U);
  rounds(4, {task("1", "dumb"), good("2")});
  EXPECT_EQ(silent.count(), 1U);
  rounds(1, {task("1", ""), task("2", "")});
  EXPECT_EQ(silent.conditions().size(), 1U);
}

TEST_F(Silent, TaskThatHasEndedIsForgotten) {
  rounds(4, {task("1", "dumb")});
  rounds(1, {});
  EXPECT_EQ(silent.count(), 0U);
}

TEST_F(Silent, OfManyTheFirstAreNamedAndTheOthersCounted) {
  std::vector<TaskContainer> tasks;
  for (int i = 0; i < 300; ++i) {
    tasks.push_back(task(std::to_string(i), "dumb"));
  }
  rounds(4, tasks);
  EXPECT_EQ(silent.count(), 300U);
  const Conditions conditions = silent.conditions();
  ASSERT_EQ(conditions.size(), 6U);
  EXPECT_EQ(conditions.back().message,
            "nothing valid can be read of 295 running tasks beside those named: no rows");
}

}  // namespace
}  // namespace wemol
