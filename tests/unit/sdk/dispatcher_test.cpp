#include "dispatcher.h"

#include <csignal>
#include <semaphore>
#include <stdexcept>

#include <gtest/gtest.h>

#include "fake_host.h"

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;

MomentPtr moment(double cpu) {
  return make_moment(std::make_shared<HostSample>(test::sample_with_cpu(cpu)));
}

double cpu_of(const MomentPtr& moment) {
  return moment->sample->cpu_usage_percent.value_or(-1);
}

class DispatcherTest : public testing::Test {
 protected:
  void wait_for(const std::function<bool()>& done) {
    while (!done()) {
      std::this_thread::sleep_for(1ms);
    }
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex);
    return errors;
  }

  std::mutex mutex;
  std::vector<std::string> errors;
  Dispatcher dispatcher{[this](const std::string& what) {
    const std::lock_guard lock(mutex);
    errors.push_back(what);
  }};
};

TEST_F(DispatcherTest, ASlowOneGetsTheNewestOnly) {
  std::binary_semaphore running(0);
  std::binary_semaphore go_on(0);
  std::vector<double> seen;
  std::atomic<int> calls = 0;
  dispatcher.add([&](const MomentPtr& moment) {
    seen.push_back(cpu_of(moment));
    running.release();
    go_on.acquire();
    ++calls;
  });
  dispatcher.offer(moment(1));
  running.acquire();
  for (double cpu = 2; cpu <= 9; ++cpu) {
    dispatcher.offer(moment(cpu));  // never waits
  }
  go_on.release();
  running.acquire();
  go_on.release();
  wait_for([&] { return calls == 2; });
  EXPECT_TRUE(dispatcher.stop());
  EXPECT_EQ(seen, (std::vector<double>{1, 9}));
}

TEST_F(DispatcherTest, OneThatThrowsIsToldOfOnceAndRemoved) {
  std::atomic<int> throwing = 0;
  std::atomic<int> other = 0;
  dispatcher.add([&](const MomentPtr&) {
    ++throwing;
    throw std::runtime_error("no more");
  });
  dispatcher.add([&](const MomentPtr&) {
    ++throwing;
    throw 42;  // NOLINT: anybody may throw anything
  });
  dispatcher.add([&](const MomentPtr&) { ++other; });
  dispatcher.offer(moment(1));
  wait_for([&] { return other == 1; });
  dispatcher.offer(moment(2));
  wait_for([&] { return other == 2; });
  EXPECT_EQ(throwing, 2);
  EXPECT_EQ(told(), (std::vector<std::string>{"no more", "an exception of an unknown type"}));
}

TEST_F(DispatcherTest, RemovalWaitsForTheCallThatRuns) {
  std::binary_semaphore running(0);
  std::atomic<bool> has_ended = false;
  const std::uint64_t id = dispatcher.add([&](const MomentPtr&) {
    running.release();
    std::this_thread::sleep_for(50ms);
    has_ended = true;
  });
  dispatcher.offer(moment(1));
  running.acquire();
  dispatcher.remove(id);
  EXPECT_TRUE(has_ended);
  dispatcher.remove(id);
}

TEST_F(DispatcherTest, OneMayRemoveItself) {
  std::atomic<int> calls = 0;
  std::atomic<int> other = 0;
  std::uint64_t id = 0;
  id = dispatcher.add([&](const MomentPtr&) {
    ++calls;
    dispatcher.remove(id);
  });
  dispatcher.add([&](const MomentPtr&) { ++other; });
  dispatcher.offer(moment(1));
  wait_for([&] { return other == 1; });
  dispatcher.offer(moment(2));
  wait_for([&] { return other == 2; });
  EXPECT_EQ(calls, 1);
}

TEST_F(DispatcherTest, OneMayAddAnother) {
  std::atomic<int> added = 0;
  std::atomic<bool> has_added = false;
  dispatcher.add([&](const MomentPtr&) {
    if (!has_added.exchange(true)) {
      dispatcher.add([&](const MomentPtr&) { ++added; });
    }
  });
  dispatcher.offer(moment(1));
  wait_for([&] { return has_added.load(); });
  while (added == 0) {
    dispatcher.offer(moment(2));
    std::this_thread::sleep_for(1ms);
  }
}

TEST_F(DispatcherTest, OneMayStopItAll) {
  std::binary_semaphore done(0);
  auto own = std::make_unique<Dispatcher>([](const std::string&) {});
  own->add([&](const MomentPtr&) {
    EXPECT_TRUE(own->stop());
    done.release();
  });
  own->offer(moment(1));
  done.acquire();
  own.reset();
}

TEST_F(DispatcherTest, OneThatDoesNotEndIsLeftToItself) {
  auto running = std::make_shared<std::binary_semaphore>(0);
  auto go_on = std::make_shared<std::binary_semaphore>(0);
  auto ended = std::make_shared<std::binary_semaphore>(0);
  {
    Dispatcher own([](const std::string&) { ADD_FAILURE() << "told after the end"; });
    own.add([=](const MomentPtr&) {
      running->release();
      go_on->acquire();
      ended->release();
    });
    own.offer(moment(1));
    running->acquire();
    EXPECT_FALSE(own.stop(20ms));
    EXPECT_EQ(own.add([](const MomentPtr&) {}), 0U);
  }
  go_on->release();
  ended->acquire();
}

TEST_F(DispatcherTest, WithoutCallbacksThereIsNoThread) {
  dispatcher.offer(moment(1));
  EXPECT_TRUE(dispatcher.stop());
}

TEST_F(DispatcherTest, SignalsGoToOtherThreads) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::binary_semaphore done(0);
  sigset_t mask;
  dispatcher.add([&](const MomentPtr&) {
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    done.release();
  });
  dispatcher.offer(moment(1));
  done.acquire();
  EXPECT_EQ(sigismember(&mask, SIGINT), 1);
  EXPECT_EQ(sigismember(&mask, SIGUSR1), 1);
  EXPECT_EQ(sigismember(&mask, SIGSEGV), 0);
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  EXPECT_EQ(sigismember(&own, SIGINT), sigismember(&before, SIGINT));
}

}  // namespace
}  // namespace wemol::sdk
