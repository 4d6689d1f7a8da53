#include "process_attributor.h"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fake_file_reader.h"

namespace wemol {
namespace {

using test::FakeFileReader;

const std::string kTask(64, 'a');
const std::string kInner(64, 'b');

class Owners : public testing::Test {
 protected:
  void run_process(std::uint64_t pid, const std::string& cgroup, std::uint64_t started_at) {
    files.files[fmt::format("/proc/{}/cgroup", pid)] = cgroup;
    files.files[fmt::format("/proc/{}/stat", pid)] =
        fmt::format("{} (a ) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {} 0\n", pid, started_at);
  }
  void end_process(std::uint64_t pid) {
    files.files.erase(fmt::format("/proc/{}/cgroup", pid));
    files.files.erase(fmt::format("/proc/{}/stat", pid));
  }
  /// The containers of these processes, as found when they were listed at that time.
  std::vector<std::optional<std::string>> containers_of(const std::vector<std::uint64_t>& pids,
                                                        std::uint64_t listed_at = 1000) {
    Conditions conditions;
    const auto found = attributor.owners_of(
        pids,
        {.is_known = [&](std::string_view id) { return known.contains(std::string(id)); },
         .listed_at_ticks = listed_at,
         .due = {}},
        conditions);
    EXPECT_TRUE(conditions.empty());
    std::vector<std::optional<std::string>> containers;
    containers.reserve(pids.size());
    for (const std::uint64_t pid : pids) {
      containers.push_back(found.at(pid).container_id);
    }
    return containers;
  }

  const std::vector<std::optional<std::string>> task{kTask};
  const std::vector<std::optional<std::string>> none{std::nullopt};
  const std::string in_task = "0::/system.slice/docker-" + kTask + ".scope\n";
  FakeFileReader files;
  std::set<std::string> known{kTask};
  ProcessAttributor attributor{files};
};

TEST_F(Owners, AreFoundByTheControlGroup) {
  run_process(11, in_task, 500);
  run_process(12, "0::/user.slice/user-1000.slice/session-2.scope\n", 500);
  EXPECT_EQ(containers_of({11, 12, 13}),
            (std::vector<std::optional<std::string>>{kTask, std::nullopt, std::nullopt}));
}

TEST_F(Owners, DeepestKnownContainerCounts) {
  run_process(11, "0::/docker/" + kTask + "/docker/" + kInner + "\n", 500);
  EXPECT_EQ(containers_of({11}), task);
  run_process(12, "0::/docker/" + kTask + "/docker/" + kInner + "\n", 500);
  known.insert(kInner);
  EXPECT_EQ(containers_of({12}), (std::vector<std::optional<std::string>>{kInner}));
}

TEST_F(Owners, ProcessOnTwoGpusIsLookedAtOnce) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11, 11}), (std::vector<std::optional<std::string>>{kTask, kTask}));
  EXPECT_EQ(files.reads["/proc/11/cgroup"], 1);
}

TEST_F(Owners, KnownOneCostsOnlyTheLookWhetherItIsStillTheSameProcess) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11}), task);
  files.reads.clear();
  EXPECT_EQ(containers_of({11}), task);
  EXPECT_EQ(files.reads["/proc/11/cgroup"], 0);
  EXPECT_EQ(files.reads["/proc/11/stat"], 1);
}

TEST_F(Owners, PidThatIsUsedAgainIsAnotherProcess) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11}), task);
  run_process(11, "0::/init.scope\n", 600);
  EXPECT_EQ(containers_of({11}), none);
}

TEST_F(Owners, ProcessThatStartedAfterTheListWasAskedForIsNotTheListedOne) {
  run_process(11, in_task, 1001);
  EXPECT_EQ(containers_of({11}, 1000), none);
  EXPECT_EQ(containers_of({11}, 1001), task) << "in the next list it is the one";
}

/// Another process gets pid 11 just before its control group is read.
class PidReused : public FakeFileReader {
 public:
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override {
    const bool reused = reads.contains("/proc/11/cgroup");
    return FakeFileReader::read(reused && path == "/proc/11/stat" ? "/proc/12/stat" : path,
                                max_bytes);
  }
};

TEST_F(Owners, ControlGroupCountsOnlyWhenTheProcessIsTheSameBeforeAndAfter) {
  run_process(11, in_task, 500);
  run_process(12, in_task, 600);
  PidReused reused;
  reused.files = files.files;
  Conditions conditions;
  const auto found = ProcessAttributor(reused).owners_of(
      {11}, {.is_known = [](std::string_view) { return true; }, .listed_at_ticks = 1000, .due = {}},
      conditions);
  EXPECT_FALSE(found.at(11).container_id);
  EXPECT_EQ(reused.reads["/proc/11/cgroup"], 1);
}

TEST_F(Owners, ContainerThatIsListedLaterThanItsProcessGetsIt) {
  run_process(11, in_task, 500);
  known.clear();
  EXPECT_EQ(containers_of({11}), none);
  known.insert(kTask);
  EXPECT_EQ(containers_of({11}), task);
}

TEST_F(Owners, ContainerThatIsNoLongerKnownLosesItsProcesses) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11}), task);
  known.clear();
  EXPECT_EQ(containers_of({11}), none);
}

TEST_F(Owners, ProcessThatLeftTheListIsForgotten) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11}), task);
  EXPECT_TRUE(containers_of({}).empty());
  files.reads.clear();
  EXPECT_EQ(containers_of({11}), task);
  EXPECT_EQ(files.reads["/proc/11/cgroup"], 1);
}

TEST_F(Owners, EndedProcessHasNone) {
  run_process(11, in_task, 500);
  EXPECT_EQ(containers_of({11}), task);
  end_process(11);
  EXPECT_EQ(containers_of({11}), none);
}

/// Answers what the test says.
class FakeFallback : public OwnerFallback {
 public:
  [[nodiscard]] bool ask(SteadyTime /*due*/, ContainerByPid& found,
                         Conditions& /*conditions*/) override {
    ++asked;
    found = answer;
    return is_complete;
  }
  [[nodiscard]] std::uint64_t generation() const override { return containers; }
  ContainerByPid answer;
  bool is_complete = true;
  std::uint64_t containers = 0;
  int asked = 0;
};

class OwnersByFallback : public Owners {
 protected:
  ProcessAttributor::Owner owner_of(std::uint64_t pid) {
    Conditions conditions;
    return with_fallback
        .owners_of(
            {pid},
            {.is_known = [&](std::string_view id) { return known.contains(std::string(id)); },
             .listed_at_ticks = 1000,
             .due = {}},
            conditions)
        .at(pid);
  }
  FakeFallback fallback;
  ProcessAttributor with_fallback{files, &fallback};
};

TEST_F(OwnersByFallback, AreAskedForOnlyWhereTheControlGroupDoesNotTell) {
  run_process(11, in_task, 500);
  EXPECT_EQ(owner_of(11).container_id, kTask);
  EXPECT_EQ(fallback.asked, 0);
  fallback.answer = {{12, kTask}};
  EXPECT_EQ(owner_of(12).container_id, kTask);
  EXPECT_EQ(fallback.asked, 1);
}

TEST_F(OwnersByFallback, PidThatIsUsedAgainLosesTheContainerOfItsControlGroup) {
  run_process(11, in_task, 500);
  EXPECT_EQ(owner_of(11).container_id, kTask);
  run_process(11, in_task, 1001);
  EXPECT_FALSE(owner_of(11).container_id);
  EXPECT_EQ(fallback.asked, 1);
}

TEST_F(OwnersByFallback, ForeignProcessIsAskedForAgainOnlyWhenThereIsAnotherContainer) {
  EXPECT_FALSE(owner_of(11).is_unknown);
  EXPECT_FALSE(owner_of(11).is_unknown);
  EXPECT_EQ(fallback.asked, 1);
  ++fallback.containers;
  (void)owner_of(11);
  EXPECT_EQ(fallback.asked, 2);
}

TEST_F(OwnersByFallback, AreUnknownAfterAnIncompleteAnswer) {
  fallback.is_complete = false;
  EXPECT_TRUE(owner_of(11).is_unknown);
  EXPECT_TRUE(owner_of(11).is_unknown);
  EXPECT_EQ(fallback.asked, 2);
}

}  // namespace
}  // namespace wemol
