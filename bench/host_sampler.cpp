// host_sampler sleepers COUNT                    so many processes that sleep, until it is ended
// host_sampler sample INTERVAL_MS SAMPLES SCOPE  what a sample costs; SCOPE is "host" or "all"
// host_sampler parts ROUNDS                      what each part costs, without pause
//
// Run by bench/host-cost.
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host_rates.h"
#include "host_reader.h"
#include "process_reader.h"
#include "user_names.h"

namespace {

class RealClock : public wemol::Clock {
 public:
  [[nodiscard]] wemol::SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] wemol::WallTime wall_now() const override {
    return std::chrono::system_clock::now();
  }
  [[nodiscard]] bool wait_until(wemol::SteadyTime due) override {
    std::this_thread::sleep_until(due);
    return true;
  }
};

/// On which a second passes when the test says so, without a wait.
class SteppingClock : public RealClock {
 public:
  [[nodiscard]] wemol::SteadyTime now() const override { return now_; }
  void step() { now_ += std::chrono::seconds(1); }

 private:
  wemol::SteadyTime now_ = std::chrono::steady_clock::now();
};

int number_in(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Of all threads.
double cpu_microseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

int sleep_in_many(int count) {
  for (int number = 0; number < count; ++number) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) {
        pause();
      }
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  while (true) {
    pause();
  }
}

/// All that a program does that samples the host.
class Sampler {
 public:
  explicit Sampler(bool with_processes) : with_processes_(with_processes) {}

  std::size_t sample() {
    wemol::HostFacts facts = host_.read(clock_);
    wemol::HostSample sample = wemol::host_sample(facts, has_before_ ? &before_ : nullptr);
    before_ = std::move(facts);
    has_before_ = true;
    if (with_processes_) {
      add_processes(sample);
    }
    return sample.process_list ? sample.process_list->size() : sample.cores.size();
  }

 private:
  void add_processes(wemol::HostSample& sample) {
    auto list = processes_.read(clock_);
    if (!list) {
      return;
    }
    std::set<std::uint32_t> users;
    for (const auto& process : list->processes) {
      users.insert(process.user_id);
    }
    users_.look_up({users.begin(), users.end()}, list->measured_at);
    sample.process_list =
        rates_.derive(std::move(*list), sample.memory.total_bytes,
                      [this](std::uint32_t user_id) { return users_.name_of(user_id); });
  }

  bool with_processes_;
  RealClock clock_;
  wemol::host::HostReader host_;
  wemol::ProcessReader processes_;
  wemol::UserNames users_;
  wemol::HostFacts before_;
  bool has_before_ = false;
  wemol::ProcessRates rates_;
};

/// Processes rest once they have used no CPU for 10 s.
constexpr int kWarmUp = 15;

int sample(std::chrono::milliseconds interval, int samples, bool with_processes) {
  Sampler sampler(with_processes);
  (void)sampler.sample();
  std::vector<double> costs;
  std::size_t seen = 0;
  auto due = std::chrono::steady_clock::now();
  for (int number = -kWarmUp; number < samples; ++number) {
    due += interval;
    std::this_thread::sleep_until(due);
    const double before = cpu_microseconds();
    seen = sampler.sample();
    if (number >= 0) {
      costs.push_back(cpu_microseconds() - before);
    }
  }
  double sum = 0;
  for (const double cost : costs) {
    sum += cost;
  }
  std::ranges::sort(costs);
  const double mean = sum / samples;
  std::printf("%zu seen, %.0f us per sample (median %.0f, worst %.0f): %.3f %% of a CPU\n", seen,
              mean, costs[costs.size() / 2], costs.back(),
              mean / static_cast<double>(interval.count()) / 10);
  return 0;
}

void print_cost(const char* name, int rounds, const std::function<void()>& part) {
  part();
  part();
  const double before = cpu_microseconds();
  for (int round = 0; round < rounds; ++round) {
    part();
  }
  std::printf("%-28s %8.1f us\n", name, (cpu_microseconds() - before) / rounds);
}

int measure_parts(int rounds) {
  RealClock clock;
  wemol::host::HostReader host;
  wemol::ProcessReader processes;
  wemol::HostFacts facts = host.read(clock);
  wemol::ProcessList list;
  print_cost("host", rounds, [&] { facts = host.read(clock); });
  print_cost("host, rates", rounds, [&] { (void)wemol::host_sample(facts, &facts); });
  print_cost("processes", rounds,
             [&] { list = processes.read(clock).value_or(wemol::ProcessList()); });
  SteppingClock stepping;
  wemol::ProcessReader resting;
  for (int second = 0; second < 15; ++second) {
    stepping.step();
    (void)resting.read(stepping);
  }
  print_cost("processes that rest, at 1 s", rounds, [&] {
    stepping.step();
    (void)resting.read(stepping);
  });
  wemol::ProcessRates rates;
  print_cost("processes, rates", rounds, [&] {
    (void)rates.derive(list, std::nullopt, [](std::uint32_t) { return std::string("root"); });
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "sleepers") {
    return sleep_in_many(number_in(arguments[1]));
  }
  if (arguments.size() == 2 && arguments[0] == "parts") {
    return measure_parts(number_in(arguments[1]));
  }
  if (arguments.size() == 4 && arguments[0] == "sample") {
    return sample(std::chrono::milliseconds(number_in(arguments[1])), number_in(arguments[2]),
                  arguments[3] == "all");
  }
  std::fputs("host_sampler sleepers COUNT | sample INTERVAL_MS SAMPLES host|all | parts ROUNDS\n",
             stderr);
  return 2;
}
