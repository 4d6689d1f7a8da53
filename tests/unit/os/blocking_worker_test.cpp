#include "blocking_worker.h"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "gate.h"

namespace wemol {
namespace {

constexpr SteadyTime kNow{};  // long ago: whoever is not done is not waited for
constexpr auto kHoweverLong = SteadyTime::max();

TEST(BlockingWorker, RunsOneJobAfterTheOtherInAThreadOfItsOwn) {
  BlockingWorker worker;
  for (int i = 0; i < 3; ++i) {
    std::thread::id ran_in;
    ASSERT_TRUE(worker.start([&] { ran_in = std::this_thread::get_id(); }));
    ASSERT_TRUE(worker.finish_by(kHoweverLong));
    EXPECT_NE(ran_in, std::thread::id());
    EXPECT_NE(ran_in, std::this_thread::get_id());
  }
}

TEST(BlockingWorker, TakesNoSecondJobWhileOneHangs) {
  const test::Gate gate;
  BlockingWorker worker;
  ASSERT_TRUE(worker.start([gate] { gate.pass(); }));
  EXPECT_FALSE(worker.finish_by(kNow));
  EXPECT_TRUE(worker.is_busy());
  EXPECT_FALSE(worker.start([] { ADD_FAILURE() << "was started beside it"; }));
  gate.open();
  EXPECT_TRUE(worker.finish_by(kHoweverLong));
  EXPECT_TRUE(worker.start([] {}));
  EXPECT_TRUE(worker.finish_by(kHoweverLong));
}

TEST(BlockingWorker, GoesWithoutWaitingForAJobThatHangs) {
  const test::Gate gate;
  const auto owned = std::make_shared<std::atomic<bool>>(false);
  const test::Gate ended;
  {
    BlockingWorker worker;
    ASSERT_TRUE(worker.start([gate, owned, ended] {
      gate.pass();
      *owned = true;
      ended.pass();
    }));
    gate.wait_for_one();
  }
  EXPECT_FALSE(*owned);
  gate.open();
  ended.wait_for_one();
  EXPECT_TRUE(*owned) << "it has what it needs after its worker has gone";
  ended.open();
}

}  // namespace
}  // namespace wemol
