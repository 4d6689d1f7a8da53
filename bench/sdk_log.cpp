// sdk_log FOLDER [SECONDS]
//
// What the library costs a training loop.
//
// First log() itself, call by call: the whole time, the part of it in write(), and what is left,
// which is the library's. Then a loop whose step takes 10 us, in turns of 2 s for SECONDS (60):
// without a run, with one that samples every second, with one that also logs every 1000th step, and
// with one that logs every step. The turns take each other's place, so that all see the same host.
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <wemol/monitor.h>

namespace {

namespace monitor = wemol::monitor;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

thread_local std::chrono::nanoseconds in_write{};

}  // namespace

/// Takes the place of the C library's for all of this process, so that its part is known.
extern "C" __attribute__((visibility("default"))) ssize_t write(int fd, const void* data,
                                                                size_t size) {
  const auto begin = Clock::now();
  const ssize_t count = syscall(SYS_write, fd, data, size);
  in_write += Clock::now() - begin;
  return count;
}

namespace {

void print(const char* what, std::vector<double> microseconds) {
  std::ranges::sort(microseconds);
  const auto at = [&](double share) {
    return microseconds[static_cast<std::size_t>(share *
                                                 static_cast<double>(microseconds.size() - 1))];
  };
  std::printf("%-24s p50 %6.2f  p99 %6.2f  p99.9 %7.2f  longest %8.2f us\n", what, at(0.5),
              at(0.99), at(0.999), microseconds.back());
}

void measure_log(const std::string& folder) {
  constexpr int kCalls = 100'000;
  auto run = monitor::init({.run_id = "bench-log", .collect_interval = 1s, .dir = folder});
  (void)monitor::get_run_system_monitor("bench-log").get_current_metrics();
  std::vector<double> all;
  std::vector<double> writes;
  std::vector<double> left;
  for (int i = 0; i < kCalls; ++i) {
    in_write = {};
    const auto begin = Clock::now();
    run.log({{"loss", 1.0 / (i + 1)}, {"accuracy", 0.25}, {"epoch", i}});
    const std::chrono::duration<double, std::micro> whole = Clock::now() - begin;
    const std::chrono::duration<double, std::micro> write_part = in_write;
    all.push_back(whole.count());
    writes.push_back(write_part.count());
    left.push_back((whole - write_part).count());
    // As a loop does that has something else to do: else the disk's queue is what is measured.
    const auto next = Clock::now() + 20us;
    while (Clock::now() < next) {
    }
  }
  const monitor::RunStatus status = run.finish();
  std::printf("%llu lines, %llu lost\n", static_cast<unsigned long long>(status.lines_written),
              static_cast<unsigned long long>(status.lines_lost));
  print("log()", all);
  print("  of that in write()", writes);
  print("  beside the write", left);
}

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Work of a fixed amount.
double step(double x, int amount) {
  for (int i = 0; i < amount; ++i) {
    x = x * 1.0000001 + 1e-9;
  }
  return x;
}

/// So much of it takes 10 us while nothing else runs.
int amount_of_a_step() {
  constexpr int kAmount = 10'000;
  constexpr double kMicroseconds = 10;
  double fastest = 1e9;
  volatile double x = 1;
  for (int i = 0; i < 1000; ++i) {
    const auto begin = Clock::now();
    x = step(x, kAmount);
    fastest =
        std::min(fastest, std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  return static_cast<int>(kAmount * kMicroseconds / fastest);
}

struct Turn {
  double steps_per_second = 0;
  double background_percent = 0;  ///< CPU of all other threads of the process
};

Turn turn(int amount, const std::function<void(long)>& after_step) {
  constexpr double kSeconds = 2;
  const double process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  const auto begin = Clock::now();
  volatile double x = 1;
  long steps = 0;
  double seconds = 0;
  do {
    for (int i = 0; i < 100; ++i) {
      x = step(x, amount);
      after_step(++steps);
    }
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (seconds < kSeconds);
  const double background = (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process) -
                            (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own);
  return {static_cast<double>(steps) / seconds, 100 * background / seconds};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure_loop(const std::string& folder, double seconds) {
  auto run = monitor::init({.run_id = "bench-loop", .collect_interval = 1s, .dir = folder});
  auto system = monitor::get_run_system_monitor("bench-loop");
  const std::array<const char*, 4> names{"no run", "samples every second",
                                         "and logs every 1000th step", "and logs every step"};
  std::array<std::vector<double>, 4> speeds;
  std::array<std::vector<double>, 4> background;
  const int amount = amount_of_a_step();
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    for (std::size_t kind = 0; kind < names.size(); ++kind) {
      kind == 0 ? system.stop() : system.start();
      const Turn done = turn(amount, [&](long steps) {
        if ((kind == 2 && steps % 1000 == 0) || kind == 3) {
          run.log({{"loss", 1.0 / static_cast<double>(steps)}, {"accuracy", 0.25}});
        }
      });
      speeds[kind].push_back(done.steps_per_second);
      background[kind].push_back(done.background_percent);
    }
    std::filesystem::remove(run.status().file);
  }
  run.finish();
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    std::vector<double> ratios;
    for (std::size_t at = 0; at < speeds[kind].size(); ++at) {
      ratios.push_back(100 * (1 - speeds[kind][at] / speeds[0][at]));
    }
    std::printf(
        "%-28s %8.0f steps/s  slower by %6.2f %%  other threads %5.2f %% of a CPU  (%zu turns)\n",
        names[kind], median(speeds[kind]), median(ratios), median(background[kind]),
        speeds[kind].size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: sdk_log FOLDER [SECONDS]\n");
    return 2;
  }
  measure_log(argv[1]);
  measure_loop(argv[1], argc > 2 ? std::atof(argv[2]) : 60);
  return 0;
}
