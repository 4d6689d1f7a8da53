// What a child process of a fork() has of the library. A child that hangs ends by its alarm.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <semaphore>

#include <gtest/gtest.h>

#include <wemol/monitor.h>

#include "fake_host.h"
#include "process_generation.h"
#include "run_handle.h"
#include "run_lines.h"
#include "temp_dir.h"

#if defined(__SANITIZE_THREAD__)
#define WEMOL_THREADS_ARE_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEMOL_THREADS_ARE_WATCHED 1
#endif
#if __has_feature(address_sanitizer)
#define WEMOL_MEMORY_IS_WATCHED 1
#endif
#endif

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;
using namespace wemol::monitor;
using test::run_lines;
using test::sample_with_cpu;

/// Ends a child that hangs; far more than one needs that does not, on a busy host too.
constexpr unsigned kAlarmSeconds = 120;

/// 0: the child has returned `true`.
int in_child(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kAlarmSeconds);
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child ? status : -1;
}

/// Functions that are called again and again, each in a thread, until it goes.
class Busy {
 public:
  explicit Busy(const std::vector<std::function<void()>>& functions) {
    for (const std::function<void()>& function : functions) {
      threads_.emplace_back([this, function] {
        while (goes_on_) {
          function();
        }
      });
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() {
    goes_on_ = false;
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

 private:
  std::atomic<bool> goes_on_ = true;
  std::vector<std::thread> threads_;
};

class ForkTest : public testing::Test {
 protected:
  ForkTest() { set_host_access(host.access()); }
  ~ForkTest() override { set_host_access(test::FakeHost::instance().access()); }
  void SetUp() override {
#ifdef WEMOL_THREADS_ARE_WATCHED
    GTEST_SKIP() << "the thread sanitizer ends a child that starts threads";
#endif
  }

  [[nodiscard]] RunOptions options() const {
    return {.project = "project", .run_id = "run", .dir = dir.path().string()};
  }
  [[nodiscard]] std::filesystem::path file() const {
    return dir / "project" / "run.jsonl";
  }

  test::TempDir dir;
  test::FakeHost host;
};

TEST_F(ForkTest, AChildBeginsAfreshWhenItLogs) {
  monitor::Run run = init(options());
  host.give(sample_with_cpu(40));
  run.log({{"who", "parent"}});
  EXPECT_EQ(in_child([&] {
              const int feeds_before = host.feeds_started;
              if (!run.log({{"who", "child"}})) {
                return false;
              }
              return host.feeds_started == feeds_before + 1 && run.status().lines_written == 1 &&
                     run.finish().is_finished;
            }),
            0);
  EXPECT_TRUE(run.log({{"who", "parent"}}));
  EXPECT_EQ(host.feeds, 1) << "the child's end is its own";
  const auto lines = run_lines(file());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1]["who"], "child");
  EXPECT_EQ(lines[1]["_step"], 1) << "it goes on from what is in the file";
  EXPECT_EQ(lines[2]["_step"], 1);
}

TEST_F(ForkTest, AChildThatDoesNothingStartsNothing) {
  monitor::Run run = init(options());
  HardwareMonitor hardware = monitor_hardware("run");
  auto subscription = get_run_system_monitor("run").add_callback([](const Record&) {});
  auto logging = hardware.monitor_hardware(1s);
  auto usage = monitor_gpu("run").monitor_gpu_usage();
  EXPECT_EQ(in_child([&] {
              const int feeds_before = host.feeds_started;
              subscription.unsubscribe();
              logging.end();
              const bool is_empty = usage.end().empty();
              run.finish();
              cleanup_run_monitor("run");
              finish_all();
              return is_empty && host.feeds_started == feeds_before;
            }),
            0);
  EXPECT_EQ(host.feeds, 1);
}

TEST_F(ForkTest, AChildMayMonitorByItself) {
  const monitor::Run run = init(options());
  EXPECT_EQ(in_child([&] {
              RunSystemMonitor monitor = get_run_system_monitor("run");
              monitor.start();
              std::binary_semaphore called(0);
              const Subscription subscription =
                  monitor.add_callback([&](const Record&) { called.release(); });
              host.give(sample_with_cpu(70));
              called.acquire();
              return monitor.get_current_metrics()->cpu.overall == 70 &&
                     monitor_cpu("run").get_cpu_usage() == 70;
            }),
            0);
}

TEST_F(ForkTest, AChildOfAChildToo) {
  monitor::Run run = init(options());
  EXPECT_EQ(
      in_child([&] {
        return run.log({{"depth", 1}}) && in_child([&] { return run.log({{"depth", 2}}); }) == 0;
      }),
      0);
  EXPECT_EQ(run_lines(file()).back()["depth"], 2);
}

TEST_F(ForkTest, ARunThatWasFinishedStaysSo) {
  monitor::Run run = init(options());
  run.finish();
  EXPECT_EQ(in_child([&] { return !run.log({}) && run.status().is_finished; }), 0);
}

TEST_F(ForkTest, AForkWhileOtherThreadsUseEverything) {
#ifdef WEMOL_MEMORY_IS_WATCHED
  GTEST_SKIP() << "the address sanitizer's allocator stays locked in a child";
#endif
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run");
  constexpr int kForks = 40;
  constexpr int kLinesPerFork = 50;  // the slower the forks, the more there would be to read
  std::atomic<int> forks = 0;
  {
    const Busy busy({
        [&] { host.give(sample_with_cpu(1), 1ms); },
        [&, lines = 0]() mutable {
          if (lines < (forks + 1) * kLinesPerFork) {
            run.log({{"who", "parent"}});
            ++lines;
          } else {
            std::this_thread::yield();
          }
        },
        [&] {
          const Subscription subscription = monitor.add_callback([](const Record&) {});
          monitor.stop();
          monitor.start();
          (void)monitor_cpu("run");
          cleanup_run_monitor("nobody");
        },
    });
    for (; forks < kForks; ++forks) {
      ASSERT_EQ(in_child([&] {
                  // The fake host's own lock may be held by a thread that is not here.
                  set_host_access({.start_feed = [](auto, auto) -> std::unique_ptr<Feed> {
                    throw std::runtime_error("none");
                  }});
                  const bool logged = run.log({{"who", "child"}});
                  monitor::Run own = init({.run_id = "own", .dir = dir.path().string()});
                  const bool logged_too = own.log({});
                  if (!logged || !logged_too) {
                    std::fprintf(stderr, "%s\n%s\n", run.status().last_error.c_str(),
                                 own.status().last_error.c_str());
                  }
                  own.finish();
                  run.finish();
                  return logged && logged_too;
                }),
                0)
          << "fork " << forks;
    }
  }
  run.finish();
  std::size_t of_children = 0;
  for (const nlohmann::json& line : run_lines(file())) {  // every line is whole
    of_children += line.value("who", "") == "child" ? 1U : 0U;
  }
  EXPECT_EQ(of_children, static_cast<std::size_t>(kForks));
}

TEST_F(ForkTest, AForkWhileAnotherThreadAsksForTheTimeOfDay) {
  // As loggers do, with each line: its lock would stay locked in the child.
  const Busy busy({[] {
    const time_t now = 0;
    tm local{};
    localtime_r(&now, &local);
  }});
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(in_child([&] {
                monitor::Run own = init({.system_monitor = false, .dir = dir.path().string()});
                return own.log({{"loss", 1}});
              }),
              0)
        << "fork " << i;
  }
}

TEST_F(ForkTest, ACallbackMayFork) {
  monitor::Run run = init(options());
  std::binary_semaphore done(0);
  int status = -1;
  get_run_system_monitor("run")
      .add_callback([&](const Record&) {
        std::fflush(nullptr);
        const pid_t child = fork();
        if (child == 0) {
          alarm(kAlarmSeconds);
          return;  // the child's only thread is this one; it has nothing to do
        }
        waitpid(child, &status, 0);
        done.release();
      })
      .release();
  host.give(sample_with_cpu(1));
  done.acquire();
  EXPECT_TRUE(WIFEXITED(status)) << "with its last thread the child ends";
  run.finish();
}

}  // namespace
}  // namespace wemol::sdk
