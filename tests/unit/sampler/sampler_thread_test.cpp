#include "sampler_thread.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "files.h"
#include "gpu_presence.h"
#include "nvml_scenario.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// Collects what a sampler gives.
class Samples {
 public:
  void take(const SamplerThread::Sample& sample) {
    const std::lock_guard lock(mutex_);
    samples_.push_back(sample);
    changed_.notify_all();
  }
  /// The sample of that number, once it is there.
  SamplerThread::Sample wait_for(std::size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 30s, [&] { return samples_.size() > number; });
    return samples_.size() > number ? samples_[number] : nullptr;
  }
  [[nodiscard]] bool has_any() {
    const std::lock_guard lock(mutex_);
    return !samples_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SamplerThread::Sample> samples_;
};

class Sampler : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SamplerThread> start(SamplerSettings settings) {
    return std::make_unique<SamplerThread>(std::move(settings),
                                           [this](const auto& it) { samples.take(it); });
  }
  Samples samples;
};

TEST_F(Sampler, FirstSampleHasItsRates) {
  const auto sampler = start({.interval = 100ms});
  const auto first = samples.wait_for(0);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->cpu_usage_percent);
  EXPECT_TRUE(first->memory_usage_percent);
  EXPECT_FALSE(first->cores.empty());
  ASSERT_TRUE(first->facts) << "the counters that metrics are made of";
  EXPECT_FALSE(first->facts->cpu.cores.empty());
  EXPECT_TRUE(first->rates_cover);
  EXPECT_FALSE(first->process_list) << "nobody wanted it";
  ASSERT_TRUE(samples.wait_for(1));
  EXPECT_TRUE(sampler->newest());
}

TEST_F(Sampler, ListsProcessesForWhoeverWantsThem) {
  const auto sampler = start({.interval = 100ms, .processes = ProcessScope::all});
  const auto sample = samples.wait_for(0);
  ASSERT_TRUE(sample && sample->process_list);
  const auto own = std::ranges::find_if(*sample->process_list, [](const ProcessSample& it) {
    return it.facts.pid == static_cast<std::uint64_t>(getpid());
  });
  ASSERT_NE(own, sample->process_list->end());
  EXPECT_TRUE(own->cpu_percent);
}

TEST_F(Sampler, TakesAnotherIntervalAtOnce) {
  const auto sampler = start({.interval = 1h});
  EXPECT_FALSE(sampler->newest());
  sampler->set_interval(100ms);
  EXPECT_TRUE(samples.wait_for(1));
}

TEST_F(Sampler, FirstSampleTakesItsTimeWhenTheIntervalChangesMeanwhile) {
  const auto sampler = start({.interval = 1h});
  sampler->set_interval(30min);
  const auto first = samples.wait_for(0);
  ASSERT_TRUE(first && first->rates_cover);
  EXPECT_GE(*first->rates_cover, 150ms) << "rates of a moment say nothing";
}

TEST_F(Sampler, FiguresOfProcessesNeedNeitherNamesNorCommandLines) {
  const auto sampler = start({.interval = 100ms, .processes = ProcessScope::figures});
  const auto sample = samples.wait_for(0);
  ASSERT_TRUE(sample && sample->process_list);
  const auto own = std::ranges::find_if(*sample->process_list, [](const ProcessSample& it) {
    return it.facts.pid == static_cast<std::uint64_t>(getpid());
  });
  ASSERT_NE(own, sample->process_list->end());
  EXPECT_TRUE(own->cpu_percent);
  EXPECT_EQ(own->facts.command_line, "");
  EXPECT_EQ(own->user, std::to_string(getuid()));
}

TEST_F(Sampler, LeavesTheSignalsOfTheProgramAlone) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  struct sigaction pipe_before {};
  sigaction(SIGPIPE, nullptr, &pipe_before);
  const auto sampler = start({.interval = 100ms});
  ASSERT_TRUE(samples.wait_for(0));
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  struct sigaction pipe_after {};
  sigaction(SIGPIPE, nullptr, &pipe_after);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
  EXPECT_EQ(pipe_before.sa_handler, pipe_after.sa_handler);
}

TEST_F(Sampler, ReadsAllValuesOfGpusInTheHelper) {
  test::NvmlScenario scenario;
  scenario.set(std::string(test::kTwoGpus) + "0.sm_clock 1410\n");
  const auto sampler =
      start({.interval = 200ms,
             .processes = ProcessScope::gpu,
             .nvml_helper_command = {WEMOL_RECORDER, "--nvml-helper", WEMOL_FAKE_NVML}});
  for (std::size_t i = 0; i < 100; ++i) {  // the helper has to start first
    const auto sample = samples.wait_for(i);
    ASSERT_TRUE(sample);
    if (sample->gpus && !sample->gpus->empty()) {
      EXPECT_EQ(sample->gpus->at(0).sm_clock_mhz, 1410);
      ASSERT_TRUE(sample->process_list);
      EXPECT_FALSE(sample->process_list->empty()) << "also those that /proc lacks";
      return;
    }
  }
  FAIL() << "no GPU was read";
}

TEST_F(Sampler, ADriverThatIsSlowToOpenIsAskedAgainBeforeALongInterval) {
  test::NvmlScenario scenario;
  scenario.set(std::string(test::kTwoGpus));
  const auto sampler =
      start({.interval = 1h,
             .nvml_helper_command = {"sh", "-c", "sleep 2; exec \"$@\"", "sh", WEMOL_RECORDER,
                                     "--nvml-helper", WEMOL_FAKE_NVML}});
  const auto first = samples.wait_for(0);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->gpus) << "all else does not wait";
  std::size_t last = 1;
  for (; last < 15 && samples.wait_for(last) && !samples.wait_for(last)->gpus; ++last) {
  }
  ASSERT_TRUE(samples.wait_for(last));
  EXPECT_TRUE(samples.wait_for(last)->gpus);
}

TEST_F(Sampler, EndsSoonThoughTheDriverHangs) {
  test::NvmlScenario scenario;
  scenario.set(std::string(test::kTwoGpus) + "nvmlDeviceGetPowerUsage hang\n");
  auto sampler = start({.interval = 100ms,
                        .nvml_helper_command = {WEMOL_RECORDER, "--nvml-helper", WEMOL_FAKE_NVML}});
  const auto sample = samples.wait_for(2);
  ASSERT_TRUE(sample);
  EXPECT_FALSE(sample->gpus);
  EXPECT_TRUE(sample->cpu_usage_percent) << "all else is sampled";
  sampler.reset();
}

/// Programs on PATH, before all others.
class FirstOnPath {
 public:
  FirstOnPath() { setenv("PATH", (dir_.path().string() + ":" + before_).c_str(), 1); }
  FirstOnPath(const FirstOnPath&) = delete;
  FirstOnPath& operator=(const FirstOnPath&) = delete;
  ~FirstOnPath() { setenv("PATH", before_.c_str(), 1); }

  void put(const std::string& name, const std::string& script) const {
    test::write_text(dir_ / name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(dir_ / name, std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return dir_ / name; }

 private:
  const std::string before_ = getenv("PATH");
  test::TempDir dir_;
};

TEST_F(Sampler, WithoutTheHelperGpusAreReadByNvidiaSmi) {
  const FirstOnPath programs;
  programs.put("nvidia-smi", "echo called >> " + programs.path("calls").string() + "; exit 9");
  const auto sampler = start({.interval = 100ms});
  const auto first = samples.wait_for(0);
  ASSERT_TRUE(first);
  EXPECT_TRUE(std::filesystem::exists(programs.path("calls")));
}

TEST_F(Sampler, AHostWithoutAGpuNeedsNoChildProcess) {
  const SystemFileReader files;
  test::FakeClock clock;
  if (!GpuPresence(files, clock).is_certainly_none()) {
    GTEST_SKIP() << "this host may have a GPU";
  }
  const FirstOnPath programs;
  programs.put("nvidia-smi", "echo called >> " + programs.path("calls").string() + "; exit 9");
  programs.put("helper", "echo called >> " + programs.path("calls").string() + "; exit 9");
  const auto sampler = start({.interval = 100ms,
                              .nvml_helper_command = {programs.path("helper").string()},
                              .asks_drivers_without_gpu = false});
  const auto sample = samples.wait_for(1);
  ASSERT_TRUE(sample && sample->gpus);
  EXPECT_TRUE(sample->gpus->empty());
  EXPECT_FALSE(std::filesystem::exists(programs.path("calls")));
}

TEST_F(Sampler, EndsSoonThoughNvidiaSmiHangs) {
  const FirstOnPath programs;
  programs.put("nvidia-smi",
               "echo called >> " + programs.path("calls").string() + "; exec sleep 1000");
  auto sampler = start({.interval = 1h});
  while (!std::filesystem::exists(programs.path("calls"))) {
    std::this_thread::sleep_for(1ms);
  }
  sampler.reset();
  // Had it been waited for until its deadline, there would be one, without GPUs.
  EXPECT_FALSE(samples.has_any());
}

}  // namespace
}  // namespace wemol
