// The library in a process that forks, exits, and has signals, threads and streams of its own.
#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include <wemol/monitor.h>

#include "run_lines.h"
#include "temp_dir.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEMOL_THREADS_ARE_WATCHED 1
#endif
#if __has_feature(address_sanitizer)
#define WEMOL_MEMORY_IS_WATCHED 1
#endif
#endif

namespace {

/// In a child whose end is what is looked at.
bool is_child = false;

}  // namespace

#ifdef WEMOL_MEMORY_IS_WATCHED
/// The leak check does not see all stacks in a child of a process with threads.
extern "C" int __lsan_is_turned_off();  // NOLINT: its name is the sanitizer's
extern "C" int __lsan_is_turned_off() {
  return is_child ? 1 : 0;
}
#endif

namespace wemol::test {
namespace {

using namespace std::chrono_literals;
using namespace wemol::monitor;

/// Ends a child that hangs; far more than one needs that does not, on a busy host too.
constexpr unsigned kAlarmSeconds = 120;

std::size_t entries(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

[[maybe_unused]] std::size_t resident_pages() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages;
}

/// WEMOL_SDK_CYCLES=10000 takes some minutes: the threads of each sampler begin and end.
int cycles() {
  constexpr int kFew = 300;
  const char* const given = std::getenv("WEMOL_SDK_CYCLES");
  return given != nullptr ? std::atoi(given) : kFew;
}

/// A thread that has been joined may be in /proc for a moment yet.
bool comes_to(std::size_t most, const char* folder) {
  for (int i = 0; i < 200; ++i) {
    if (entries(folder) <= most) {
      return true;
    }
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

/// The body's output on stdout and stderr, and how its process ended.
struct Ended {
  int status = 0;
  std::string output;
};

Ended in_process(const std::function<void()>& body) {
  std::fflush(nullptr);
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    alarm(kAlarmSeconds);
    is_child = true;
    body();
    std::abort();  // it has to end the process itself
  }
  close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(ends[0], buffer, sizeof buffer)) > 0;) {
    ended.output.append(buffer, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  waitpid(child, &ended.status, 0);
  return ended;
}

class SdkLifetime : public testing::Test {
 protected:
  [[nodiscard]] RunOptions options(const std::string& id = "run") const {
    return {
        .project = "project", .run_id = id, .collect_interval = 100ms, .dir = dir.path().string()};
  }
  TempDir dir;
};

class SdkProcesses : public SdkLifetime {
 protected:
  void SetUp() override {
#ifdef WEMOL_THREADS_ARE_WATCHED
    GTEST_SKIP() << "the thread sanitizer ends a child that starts threads";
#endif
  }
};

void use_everything(const RunOptions& options) {
  monitor::Run run = init(options);
  RunSystemMonitor monitor = get_run_system_monitor(options.run_id);
  std::atomic<int> calls = 0;
  auto subscription = monitor.add_callback([&](const Record&) { ++calls; });
  auto throwing = monitor.add_callback([](const Record&) { throw 1; });
  HardwareMonitor hardware = monitor_hardware(options.run_id);
  (void)hardware.get_hardware_summary();
  auto logging = hardware.monitor_hardware(100ms);
  auto gpus = monitor_gpu(options.run_id).monitor_gpu_usage();
  while (calls < 2) {
    run.log({{"loss", 1}});
    std::this_thread::sleep_for(10ms);
  }
  (void)monitor.get_system_info();
  (void)gpus.end();
}

TEST_F(SdkProcesses, NothingIsPrinted) {
  const Ended ended = in_process([&] {
    use_everything(options());
    std::ofstream(dir / "blocked") << "";
    RunOptions blocked = options();
    blocked.project = "blocked";
    init(blocked).log({{"lost", 1}});
    std::exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.status, 0);
}

TEST_F(SdkLifetime, SignalsAndLocaleStayTheCallers) {
  std::vector<struct sigaction> before(NSIG);
  for (int signal = 1; signal < NSIG; ++signal) {
    sigaction(signal, nullptr, &before[static_cast<std::size_t>(signal)]);
  }
  sigset_t mask_before;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
  const std::string locale_before = setlocale(LC_ALL, nullptr);
  monitor::Run run = init(options());
  ASSERT_TRUE(get_run_system_monitor("run").get_current_metrics());
  const auto expect_the_same = [&] {
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction now {};
      if (sigaction(signal, nullptr, &now) == 0) {
        EXPECT_EQ(now.sa_handler, before[static_cast<std::size_t>(signal)].sa_handler) << signal;
      }
    }
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (int signal = 1; signal < NSIG; ++signal) {
      EXPECT_EQ(sigismember(&mask, signal), sigismember(&mask_before, signal)) << signal;
    }
    EXPECT_EQ(setlocale(LC_ALL, nullptr), locale_before);
  };
  expect_the_same();
  run.finish();
  expect_the_same();
}

TEST_F(SdkLifetime, AChildOfTheCallerIsLeftToTheCaller) {
  const monitor::Run run = init(options());
  ASSERT_TRUE(get_run_system_monitor("run").get_current_metrics());
  const pid_t child = fork();
  if (child == 0) {
    _exit(7);
  }
  std::this_thread::sleep_for(300ms);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child) << "somebody else has reaped it";
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(SdkLifetime, AfterTheEndNothingIsLeft) {
  use_everything(options());  // what is made once is made
  cleanup_run_monitor("run");
  finish_all();
  std::this_thread::sleep_for(200ms);
  const std::size_t threads = entries("/proc/self/task");
  const std::size_t descriptors = entries("/proc/self/fd");
  [[maybe_unused]] const std::size_t resident = resident_pages();
  for (int i = 0, count = cycles(); i < count; ++i) {
    monitor::Run run = init(options("cycle"));
    if (i % 500 == 0) {
      ASSERT_TRUE(get_run_system_monitor("cycle").get_current_metrics());
    }
    run.log({{"i", i}});
    run.finish();
  }
  EXPECT_TRUE(comes_to(threads, "/proc/self/task"));
  EXPECT_TRUE(comes_to(descriptors, "/proc/self/fd"));
#if !defined(WEMOL_MEMORY_IS_WATCHED) && !defined(WEMOL_THREADS_ARE_WATCHED)
  constexpr std::size_t kPagesPerMebibyte = 256;
  EXPECT_LT(resident_pages(), resident + 8 * kPagesPerMebibyte);
#endif
}

TEST_F(SdkLifetime, AThreadMayBeCancelledWhileItLogs) {
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run");
  for (int i = 0; i < 20; ++i) {
    std::atomic<bool> has_begun = false;
    std::thread thread([&] {
      while (true) {
        run.log({{"loss", 1}});
        const auto subscription = monitor.add_callback([](const Record&) {});
        has_begun = true;
        pthread_testcancel();
      }
    });
    while (!has_begun) {
      std::this_thread::yield();
    }
    ASSERT_EQ(pthread_cancel(thread.native_handle()), 0);
    thread.join();
  }
  EXPECT_TRUE(run.log({{"loss", 1}}));
  (void)run_lines(run.finish().file);  // all are whole
}

TEST_F(SdkProcesses, ChildrenMayBeReapedByAnybody) {
  // A helper that answers with what is no answer: it is killed, and another one comes.
  setenv("WEMOL_NVML_HELPER", "/bin/cat", 1);
  const auto use = [&] {
    {
      monitor::Run run = init(options());
      RunSystemMonitor monitor = get_run_system_monitor("run");
      std::set<std::int64_t> times;
      while (times.size() < 15) {  // the next helper comes a second later
        if (const auto record = monitor.get_current_metrics()) {
          times.insert(record->timestamp);
        }
        std::this_thread::sleep_for(10ms);
      }
    }
    std::exit(0);
  };
  EXPECT_EQ(in_process([&] {
              std::signal(SIGCHLD, SIG_IGN);
              use();
            }).status,
            0)
      << "by the kernel";
  EXPECT_EQ(in_process([&] {
              std::signal(SIGCHLD, [](int) {
                while (waitpid(-1, nullptr, WNOHANG) > 0) {
                }
              });
              use();
            }).status,
            0)
      << "by the caller";
  unsetenv("WEMOL_NVML_HELPER");
}

TEST_F(SdkProcesses, AProcessMayExitWithRunsOpen) {
  const Ended ended = in_process([&] {
    static monitor::Run global;
    global = init(options());
    auto* const leaked = new monitor::Run(init(options("leaked")));
    leaked->log({{"loss", 1}});
    RunSystemMonitor monitor = get_run_system_monitor("leaked");
    monitor.add_callback([](const Record&) { std::this_thread::sleep_for(50ms); }).release();
    (void)monitor.get_current_metrics();
    std::exit(3);
  });
  EXPECT_EQ(ended.output, "");
  ASSERT_TRUE(WIFEXITED(ended.status));
  EXPECT_EQ(WEXITSTATUS(ended.status), 3);
}

TEST_F(SdkProcesses, AProcessMayExitFromACallback) {
  const Ended ended = in_process([&] {
    const monitor::Run run = init(options());
    get_run_system_monitor("run").add_callback([](const Record&) { std::exit(4); }).release();
    pause();
  });
  ASSERT_TRUE(WIFEXITED(ended.status)) << ended.status;
  EXPECT_EQ(WEXITSTATUS(ended.status), 4);
}

TEST_F(SdkProcesses, AKillTearsAtMostTheLastLine) {
  for (int round = 0; round < 5; ++round) {
    const RunOptions torn = options("killed" + std::to_string(round));
    const pid_t child = fork();
    if (child == 0) {
      alarm(kAlarmSeconds);
      monitor::Run run = init(torn);
      while (true) {
        run.log({{"text", std::string(5000, 'x')}});
      }
    }
    const std::filesystem::path file = dir / "project" / (torn.run_id + ".jsonl");
    std::error_code ignored;
    while (!std::filesystem::exists(file) || std::filesystem::file_size(file, ignored) < 100'000) {
      std::this_thread::sleep_for(1ms);
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    {
      monitor::Run next = init(torn);
      EXPECT_TRUE(next.log({{"text", "after"}}));
    }
    std::ifstream input(file);
    int lines = 0;
    int torn_lines = 0;
    for (std::string line; std::getline(input, line); ++lines) {
      torn_lines += nlohmann::json::accept(line) ? 0 : 1;
    }
    EXPECT_GT(lines, 20);
    EXPECT_LE(torn_lines, 1);
  }
}

TEST_F(SdkProcesses, AForkInEveryState) {
#ifdef WEMOL_MEMORY_IS_WATCHED
  GTEST_SKIP() << "the address sanitizer's allocator stays locked in a child";
#endif
  const auto log_in_child = [](monitor::Run& run) {
    return in_process([&] {
      const bool logged = run.log({{"who", "child"}});
      const bool samples = get_run_system_monitor(run.id()).get_current_metrics().has_value();
      run.finish();
      std::exit(logged && samples ? 0 : 1);
    });
  };
  {
    monitor::Run run = init(options("started"));
    EXPECT_EQ(log_in_child(run).status, 0) << "before the first sample";
    ASSERT_TRUE(get_run_system_monitor("started").get_current_metrics());
    for (int i = 0; i < 10; ++i) {
      const Ended ended = log_in_child(run);
      EXPECT_EQ(ended.status, 0) << ended.output;
    }
    run.log({{"who", "parent"}});
    EXPECT_EQ(run_lines(run.finish().file).size(), 12U);
  }
  {
    monitor::Run run = init(options("watched"));
    RunSystemMonitor monitor = get_run_system_monitor("watched");
    std::atomic<int> calls = 0;
    const auto subscription = monitor.add_callback([&](const Record&) { ++calls; });
    HardwareMonitor hardware = monitor_hardware("watched");
    const auto logging = hardware.monitor_hardware(100ms);
    auto usage = monitor_gpu("watched").monitor_gpu_usage();
    while (calls == 0) {
      std::this_thread::sleep_for(1ms);
    }
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(log_in_child(run).status, 0) << "with callbacks and scopes";
    }
    monitor.stop();
    const auto logs_alone = [&] {
      return in_process([&] {
               const bool logged = run.log({{"who", "child"}});
               std::exit(logged && !monitor.get_current_metrics() ? 0 : 1);
             })
          .status;
    };
    EXPECT_EQ(logs_alone(), 0) << "stopped";
    cleanup_run_monitor("watched");
    EXPECT_EQ(logs_alone(), 0) << "cleaned up";
  }
  monitor::Run run = init(options("finished"));
  run.finish();
  EXPECT_EQ(in_process([&] { std::exit(run.log({}) ? 1 : 0); }).status, 0);
}

}  // namespace
}  // namespace wemol::test
