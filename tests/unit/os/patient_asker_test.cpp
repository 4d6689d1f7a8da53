#include "patient_asker.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "gate.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr auto kHoweverLong = SteadyTime::max();
constexpr SteadyTime kAtOnce{};

using Asker = PatientAsker<int, int>;
using Answers = Asker::Answers;

/// Answers with the double, but for one question, which hangs until the gate opens.
Asker::Question hanging_at(int key, const test::Gate& gate) {
  return [key, gate](const int& asked) {
    if (asked == key) {
      gate.pass();
    }
    return 2 * asked;
  };
}

/// All answers there are until `count` have come.
Answers collect(Asker& asker, std::size_t count) {
  Answers all;
  while (all.size() < count) {
    for (auto& answer : asker.answers_by(std::chrono::steady_clock::now() + 1ms)) {
      all.push_back(answer);
    }
  }
  return all;
}

TEST(PatientAsker, AnswersInTheirOrder) {
  Asker asker([](const int& key) { return 2 * key; });
  asker.ask({3, 1, 2});
  EXPECT_TRUE(asker.is_waiting_for(1));
  EXPECT_EQ(asker.answers_by(kHoweverLong), (Answers{{3, 6}, {1, 2}, {2, 4}}));
  EXPECT_FALSE(asker.is_waiting());
  EXPECT_TRUE(asker.answers_by(kHoweverLong).empty());
  asker.ask({5});
  EXPECT_EQ(asker.answers_by(kHoweverLong), (Answers{{5, 10}}));
}

TEST(PatientAsker, QuestionThatHangsHoldsUpNoOther) {
  const test::Gate gate;
  Asker asker(hanging_at(2, gate), 0ns);
  asker.ask({1, 2, 3, 4});
  gate.wait_for_one();
  // Without patience a slow one may be set aside, too, and come behind others.
  Answers others = collect(asker, 3);
  std::ranges::sort(others);
  EXPECT_EQ(others, (Answers{{1, 2}, {3, 6}, {4, 8}}));
  EXPECT_TRUE(asker.is_waiting_for(2));
  gate.open();
  EXPECT_EQ(collect(asker, 1), (Answers{{2, 4}}));
  EXPECT_FALSE(asker.is_waiting());
}

TEST(PatientAsker, QuestionThatIsWaitedForIsNotAskedTwice) {
  const test::Gate gate;
  const auto asked = std::make_shared<std::atomic<int>>(0);
  Asker asker([gate, asked](const int& key) {
    ++*asked;
    gate.pass();
    return key;
  });
  asker.ask({1});
  gate.wait_for_one();
  asker.ask({1});
  gate.open();
  EXPECT_EQ(asker.answers_by(kHoweverLong), (Answers{{1, 1}}));
  EXPECT_EQ(*asked, 1);
}

TEST(PatientAsker, WithinItsPatienceItWaitsForASlowOne) {
  const test::Gate gate;
  Asker asker(hanging_at(1, gate), 1h);
  asker.ask({1, 2});
  gate.wait_for_one();
  EXPECT_TRUE(asker.answers_by(kAtOnce).empty());
  EXPECT_TRUE(asker.is_waiting_for(2));
  gate.open();
  EXPECT_EQ(asker.answers_by(kHoweverLong), (Answers{{1, 2}, {2, 4}}));
}

TEST(PatientAsker, AsksNoOtherWhenTooManyHang) {
  const test::Gate gate;
  const auto asked = std::make_shared<std::atomic<int>>(0);
  Asker asker(
      [gate, asked](const int& key) {
        ++*asked;
        gate.pass();
        return key;
      },
      0ns, 2);
  asker.ask({1, 2, 3, 4});
  while (asker.is_waiting_for(3) || asker.is_waiting_for(4)) {
    EXPECT_TRUE(asker.answers_by(kAtOnce).empty());
    std::this_thread::yield();
  }
  EXPECT_TRUE(asker.is_waiting_for(1));
  asker.ask({5});
  EXPECT_FALSE(asker.is_waiting_for(5));
  gate.open();
  EXPECT_EQ(collect(asker, 2).size(), 2U);
  EXPECT_EQ(*asked, 2);
  // A thread may end a moment after its answer, and hangs until then.
  Answers last;
  while (last.empty()) {
    asker.ask({5});
    last = asker.answers_by(std::chrono::steady_clock::now() + 1ms);
  }
  EXPECT_EQ(last, (Answers{{5, 5}}));
}

TEST(PatientAsker, GoesWithoutWaitingForAQuestionThatHangs) {
  const test::Gate gate;
  {
    Asker asker(hanging_at(1, gate), 0ns);
    asker.ask({1, 2});
    gate.wait_for_one();
  }
  gate.open();
}

}  // namespace
}  // namespace wemol
