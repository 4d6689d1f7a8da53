#include <sys/wait.h>

#include <csignal>

#include <gtest/gtest.h>

#include <wemol/collector.h>

#include "child_process.h"
#include "fake_file_reader.h"
#include "fake_http_client.h"
#include "gpu_collector.h"
#include "native_containers.h"
#include "open_files_limit.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::native {
namespace {

using namespace std::chrono_literals;
using engine::inspect_target;
using engine::list_target;

const std::string kA(64, 'a');

/// A process that stands in for a container's first one, until it is ended.
class FirstProcess {
 public:
  FirstProcess() : child_(start_child({"sleep", "1000"}).value()) {}
  ~FirstProcess() { end(); }
  FirstProcess(const FirstProcess&) = delete;
  FirstProcess& operator=(const FirstProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return child_.pid; }
  void end() {
    if (std::exchange(is_running_, false)) {
      kill(child_.pid, SIGKILL);
      waitpid(child_.pid, nullptr, 0);
    }
  }

 private:
  ChildProcess child_;
  bool is_running_ = true;
};

/// A host with control groups v2 in a folder, and an engine that answers when the test says so.
class Native : public testing::Test {
 protected:
  Native() {
    files.files["/proc/self/mountinfo"] =
        "30 24 0:26 / " + groups.path().string() + " rw - cgroup2 cgroup2 rw\n";
    use_cpu(kA, 1'000'000);
  }

  void use_cpu(const std::string& id, long usec) const {
    const auto group = groups / ("docker/" + id);
    test::write_text(group / "cpu.stat", "usage_usec " + std::to_string(usec) + "\n");
    test::write_text(group / "memory.current", "4096\n");
    test::write_text(group / "memory.stat", "inactive_file 0\n");
    test::write_text(group / "memory.max", "max\n");
    test::write_text(group / "pids.current", "1\n");
  }
  /// Lets the process be the first one of the container.
  void put_into(const std::string& id, const FirstProcess& process) {
    const std::string folder = "/proc/" + std::to_string(process.pid());
    files.files[folder + "/cgroup"] = "0::/docker/" + id + "\n";
    files.files[folder + "/stat"] =
        std::to_string(process.pid()) + " (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0\n";
  }
  /// Whether a look at the place of the container's control group finds its first process.
  void show_in_group(const std::string& id, const FirstProcess& process) {
    files.files[procs_of(id)] = std::to_string(process.pid()) + "\n";
  }
  [[nodiscard]] std::string procs_of(const std::string& id) const {
    return (groups / ("docker/" + id + "/cgroup.procs")).string();
  }
  void connect(const std::string& list = "") {
    http.open_stream();
    ASSERT_TRUE(http.answer(list_target(), "[" + list + "]"));
  }
  void reconnect() {
    http.close_stream("the engine has gone");
    const int before = http.streams();
    loop.run_until([&] { return http.streams() > before; }, loop.now() + 10s);
    connect();
  }
  /// `at`: seconds since 1970; 0: the engine does not tell.
  void die_event(const std::string& id, int exit_code, std::int64_t at = 0) {
    http.feed(R"({"Type":"container","Action":"die","Actor":{"ID":")" + id +
              R"(","Attributes":{"name":"task_1","exitCode":")" + std::to_string(exit_code) +
              R"("}})" + told(at) + "}\n");
  }
  void start_event(const std::string& id, std::int64_t at = 0) {
    http.feed(R"({"Type":"container","Action":"start","Actor":{"ID":")" + id +
              R"(","Attributes":{"name":"task_1"}})" + told(at) + "}\n");
  }
  static std::string told(std::int64_t at) {
    return at == 0 ? "" : R"(,"timeNano":)" + std::to_string(at) + "000000000";
  }
  bool answer_inspection(const std::string& id, const FirstProcess& process) {
    return http.answer(inspect_target(id), R"({"Id":")" + id +
                                               R"(","Name":"/task_1","State":{"Pid":)" +
                                               std::to_string(process.pid()) +
                                               R"(},"HostConfig":{"NetworkMode":"none"}})");
  }
  [[nodiscard]] static std::string listed(const std::string& id) {
    return R"({"Id":")" + id + R"(","Names":["/task_1"]})";
  }
  std::vector<Container> collect() {
    auto facts = source->collect(loop.now() + 1s);
    conditions = facts ? facts->conditions : Conditions{};
    ended_runs = facts ? facts->ended_runs : std::vector<EndedRun>{};
    return facts && facts->containers ? *facts->containers : std::vector<Container>{};
  }
  /// Ends the process and waits until the source has noticed.
  std::vector<Container> containers_after_end_of(FirstProcess& process) {
    process.end();
    std::vector<Container> containers;
    loop.run_until(
        [&] {
          containers = source->remaining().containers.value_or(std::vector<Container>{});
          return !containers.empty();
        },
        loop.now() + 10s);
    return containers;
  }

  test::TempDir groups;
  test::FakeFileReader files;
  test::FakeHttpClient http;
  EventLoop loop;
  Conditions conditions;  ///< of the last collect()
  std::vector<EndedRun> ended_runs;
  std::unique_ptr<NativeContainers> containers_of_host;
  std::unique_ptr<GpuCollector> gpus;
  std::unique_ptr<CollectedSource> source;

  void SetUp() override { set_up("task"); }

  void set_up(const std::string& prefix, std::optional<WallTime> since = std::nullopt,
              const std::vector<OpenRun>& open_runs = {}, GpuReaders::Readers readers = {}) {
    gpus.reset();  // before what it refers to
    containers_of_host = std::make_unique<NativeContainers>(http, loop, files, prefix);
    gpus = std::make_unique<GpuCollector>(
        std::move(readers),
        GpuCollector::Borders{
            .files = files, .clock = loop, .containers = *containers_of_host, .root = "/nowhere"},
        CollectorSettings{.interval = 1000s});
    const CollectedSource::Collectors both{containers_of_host.get(), gpus.get()};
    source = std::make_unique<CollectedSource>(both, both);
    if (since) {
      source->resume(open_runs, *since);
    }
    containers_of_host->wait_for_list(0ns);
  }
};

TEST_F(Native, ContainerOfTheListIsReadInEachRound) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  auto containers = collect();
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_EQ(containers[0].name, "task_1");
  EXPECT_EQ(containers[0].stats->cpu_counter->used, 1s);
  use_cpu(kA, 1'500'000);
  containers = collect();
  EXPECT_EQ(containers[0].stats->cpu_counter->used, 1500ms);
  EXPECT_FALSE(containers[0].ended);
}

TEST_F(Native, LimitThatTheEngineHasChangedCountsFromTheNextRoundOn) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  (void)collect();
  test::write_text(groups / ("docker/" + kA) / "memory.max", "8192\n");
  http.feed(R"({"Type":"container","Action":"update","Actor":{"ID":")" + kA +
            R"(","Attributes":{"name":"task_1"}}})" + "\n");
  EXPECT_EQ(collect()[0].stats->memory_limit_bytes, 8192U);
}

TEST_F(Native, TheEndOfATaskIsReadOnceWithItsLastCounters) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  (void)collect();
  use_cpu(kA, 2'000'000);
  const auto ended = containers_after_end_of(process);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].ended);
  EXPECT_EQ(ended[0].stats->cpu_counter->used, 2s);
  EXPECT_FALSE(source->remaining().containers);
}

TEST_F(Native, TheEndOfARunIsStatedWhenTheEngineTellsItsExitCode) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  const auto reading = collect();
  ASSERT_EQ(reading.size(), 1U);
  process.end();
  loop.run_until([&] { return collect().at(0).ended; }, loop.now() + 10s);
  EXPECT_TRUE(ended_runs.empty()) << "the engine has not told of it";
  die_event(kA, 3);
  (void)collect();
  ASSERT_EQ(ended_runs.size(), 1U);
  EXPECT_EQ(ended_runs[0].exit_code, 3);
  EXPECT_EQ(ended_runs[0].run, reading[0].run) << "of the same run as the readings";
  EXPECT_NE(ended_runs[0].run, 0U);
  (void)collect();
  EXPECT_TRUE(ended_runs.empty()) << "once";
}

TEST_F(Native, TheEngineMayTellOfAnEndWhenTheNextRunIsReadAlready) {
  connect();
  FirstProcess first;
  put_into(kA, first);
  show_in_group(kA, first);
  start_event(kA, 100);
  const std::uint64_t first_run = collect().at(0).run;
  first.end();
  loop.run_until([&] { return collect().at(0).ended; }, loop.now() + 10s);
  FirstProcess second;
  put_into(kA, second);
  show_in_group(kA, second);
  start_event(kA, 120);
  die_event(kA, 3, 110);
  const auto containers = collect();
  ASSERT_EQ(ended_runs.size(), 1U);
  EXPECT_EQ(ended_runs[0].run, first_run);
  EXPECT_EQ(ended_runs[0].exit_code, 3);
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_FALSE(containers[0].ended);
  EXPECT_NE(containers[0].run, first_run);
}

TEST_F(Native, AnEndOfARunThatNobodyKnowsHasBeenStatedBefore) {
  connect();
  die_event(kA, 3, 110);
  (void)collect();
  EXPECT_TRUE(ended_runs.empty());
}

TEST_F(Native, ARunThatAnEarlierRecorderLeftOpenIsStatedWithWhatTheEngineKeeps) {
  set_up("task_1", WallTime(1795338668s),
         {{.container_id = kA, .container_name = "task_1", .started_at = std::nullopt}});
  EXPECT_TRUE(http.targets.back().ends_with("&since=1795338668.000000000"));
  connect();
  (void)collect();
  ASSERT_TRUE(
      http.answer(inspect_target(kA), R"({"Id":")" + kA + R"(","State":{"Pid":0,"ExitCode":5}})"));
  (void)collect();
  ASSERT_EQ(ended_runs.size(), 1U);
  EXPECT_EQ(ended_runs[0].exit_code, 5);
}

TEST_F(Native, GpusAreWaitedForUntilTheRoundHasToEnd) {
  struct NotedDue : GpuReader {
    std::optional<GpuReadings> finish(const GpuReadingsDue& due) override {
      noted = due;
      return std::nullopt;
    }
    GpuReadingsDue noted;
  };
  std::vector<std::unique_ptr<GpuReader>> readers;
  readers.push_back(std::make_unique<NotedDue>());
  const auto& due = static_cast<const NotedDue&>(*readers.front()).noted;
  set_up("", std::nullopt, {}, std::move(readers));
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  const SteadyTime round_ends = loop.now() + 1000s;
  ASSERT_TRUE(source->collect(round_ends));
  EXPECT_EQ(due.command, round_ends);
  EXPECT_LE(due.driver, loop.now() + 1s);
  ASSERT_TRUE(source->collect(loop.now()));
  EXPECT_LE(due.driver, loop.now()) << "there is no time left";
}

TEST_F(Native, ATaskThatIsOverBeforeTheEngineHasAnsweredHasItsLastRow) {
  connect();
  FirstProcess process;
  put_into(kA, process);
  show_in_group(kA, process);
  start_event(kA);
  const auto ended = containers_after_end_of(process);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].stats);
  EXPECT_TRUE(http.answer(inspect_target(kA), "", 404));
  (void)collect();
  EXPECT_TRUE(conditions.empty()) << conditions[0].message;
}

/// With --cgroup-parent, or of a user's own engine.
TEST_F(Native, TheFirstProcessIsFoundEarlyWhereThatOfAnotherContainerWas) {
  const std::string other(64, 'b');
  const auto path_of = [](const std::string& id) { return "batch.slice/docker-" + id + ".scope"; };
  std::filesystem::create_directories(groups / "batch.slice");
  std::filesystem::rename(groups / ("docker/" + kA), groups / path_of(kA));
  std::filesystem::copy(groups / path_of(kA), groups / path_of(other));
  FirstProcess first;
  FirstProcess second;
  put_into(kA, first);
  put_into(other, second);
  files.files["/proc/" + std::to_string(first.pid()) + "/cgroup"] = "0::/" + path_of(kA) + "\n";
  files.files["/proc/" + std::to_string(second.pid()) + "/cgroup"] = "0::/" + path_of(other) + "\n";
  files.files[(groups / path_of(other) / "cgroup.procs").string()] =
      std::to_string(second.pid()) + "\n";
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, first));
  start_event(other);
  EXPECT_EQ(collect().size(), 2U) << "the engine has not answered yet";
}

TEST_F(Native, ATaskThatWasOverBeforeAnybodyLookedIsNamed) {
  connect();
  start_event(kA);
  EXPECT_TRUE(http.answer(inspect_target(kA), "", 404));
  (void)collect();
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_NE(conditions[0].message.find("task_1 had ended before"), std::string::npos);
}

TEST_F(Native, ASecondRunIsRecordedWhenTheEngineWentAwayBeforeTheFirstWasInspected) {
  connect();
  FirstProcess first;
  put_into(kA, first);
  show_in_group(kA, first);
  start_event(kA);  // found early, and never inspected
  reconnect();
  ASSERT_EQ(containers_after_end_of(first).size(), 1U);
  files.files.erase(procs_of(kA));  // the second is not found early
  FirstProcess second;
  put_into(kA, second);
  start_event(kA);
  ASSERT_TRUE(answer_inspection(kA, second));
  EXPECT_EQ(collect().size(), 1U);
  ASSERT_TRUE(collect()[0].stats);
}

TEST_F(Native, EngineThatIsBackIsNotAskedAboutARunThatGoesOn) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  http.close_stream("the engine has gone");
  loop.run_until([&] { return http.streams() == 2; }, loop.now() + 10s);
  connect(listed(kA));
  EXPECT_FALSE(http.is_asked(inspect_target(kA)));
  ASSERT_EQ(collect().size(), 1U);
}

TEST_F(Native, EngineThatIsBackIsAskedAboutAContainerWhoseRunIsOver) {
  FirstProcess process;
  put_into(kA, process);
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  http.close_stream("the engine has gone");
  loop.run_until([&] { return http.streams() == 2; }, loop.now() + 10s);
  process.end();  // and the source has not noticed yet
  connect(listed(kA));
  EXPECT_TRUE(http.is_asked(inspect_target(kA)));
}

TEST_F(Native, ContainersThatFindNoDescriptorAreOneConditionAndAreReadWhenThereAreSome) {
  const std::string other(64, 'b');
  use_cpu(other, 1'000'000);
  FirstProcess process;
  FirstProcess other_process;
  put_into(kA, process);
  put_into(other, other_process);
  {
    const test::OpenFilesLimit few(10);
    connect(listed(kA) + "," + listed(other));
    ASSERT_TRUE(answer_inspection(kA, process));
    ASSERT_TRUE(answer_inspection(other, other_process));
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(collect().size(), 2U);
      ASSERT_EQ(conditions.size(), 1U);
      EXPECT_TRUE(conditions[0].message.starts_with("2 containers cannot be read"))
          << conditions[0].message;
    }
  }
  const auto containers = collect();
  EXPECT_TRUE(conditions.empty());
  ASSERT_EQ(containers.size(), 2U);
  EXPECT_TRUE(containers[0].stats);
  EXPECT_TRUE(containers[1].stats);
}

TEST_F(Native, AContainerThatCannotBeReadIsStatedInEachRoundUntilItsEnd) {
  FirstProcess process;
  put_into(kA, process);
  files.files["/proc/" + std::to_string(process.pid()) + "/cgroup"] = "0::/somewhere/else\n";
  connect(listed(kA));
  ASSERT_TRUE(answer_inspection(kA, process));
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(collect()[0].stats);
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(conditions[0].severity, Severity::error);
  }
  http.feed(R"({"Type":"container","Action":"die","Actor":{"ID":")" + kA +
            R"(","Attributes":{"name":"task_1"}}})" + "\n");
  EXPECT_TRUE(collect().empty());
  EXPECT_TRUE(conditions.empty());
}

}  // namespace
}  // namespace wemol::native
