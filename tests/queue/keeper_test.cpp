#include "keeper.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>

#include "kept_try.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

class Keeper : public KeptTry {};

TEST_F(Keeper, RunsTheCommandsOneAfterTheOther) {
  const TryResult result = run(order({"echo one", "echo two >&2; echo three", "printf four"}));
  EXPECT_TRUE(result.has_succeeded) << result.text;
  EXPECT_EQ(text("logs/17.log"), "one\ntwo\nthree\nfour");
  EXPECT_EQ(result.text, "3 commands succeeded");
}

TEST_F(Keeper, StopsAtTheFirstCommandThatFails) {
  const TryResult result = run(order({"echo one", "exit 3", "echo never"}));
  EXPECT_FALSE(result.has_succeeded);
  EXPECT_EQ(result.failure, Failure::exit_status);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.text, "command 2 of 3 exited with status 3");
  EXPECT_EQ(text("logs/17.log"), "one\n");
}

TEST_F(Keeper, VariablesHoldForTheWholeLine) {
  TryOrder what = order({"true && sh -c 'echo $CUDA_VISIBLE_DEVICES' | cat; echo $UNI_ID"});
  what.environment = environment_of(17, what.uni_id, {{.uuid = "GPU-a", .visible_as = "3"}});
  setenv("CUDA_VISIBLE_DEVICES", "0", 1);
  setenv("NOTIFY_SOCKET", "/run/of-the-service", 1);
  what.commands.emplace_back("echo \"${NOTIFY_SOCKET-none}\"");
  const TryResult result = run(what);
  unsetenv("CUDA_VISIBLE_DEVICES");
  unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(result.has_succeeded) << result.text;
  EXPECT_EQ(text("logs/17.log"), "3\n" + what.uni_id + "\nnone\n");
}

TEST_F(Keeper, CommandsHaveASessionOfTheirOwnInTheWorkDir) {
  const TryResult result = run(order({"pwd; cut -d' ' -f1,6 /proc/$$/stat; cat"}));
  EXPECT_TRUE(result.has_succeeded) << result.text << ": it has an empty input";
  const std::string log = text("logs/17.log");
  std::istringstream lines(log);
  std::string work_dir;
  pid_t pid = 0;
  pid_t session = 0;
  lines >> work_dir >> pid >> session;
  EXPECT_EQ(work_dir, std::filesystem::canonical(folder.path()));
  EXPECT_EQ(pid, session);
}

TEST_F(Keeper, CommandsHaveSignalsAtTheirDefaults) {
  std::signal(SIGPIPE, SIG_IGN);  // as the scheduler has it
  const TryResult result = run(order({"grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2"}));
  std::signal(SIGPIPE, SIG_DFL);
  EXPECT_TRUE(result.has_succeeded) << result.text;
  EXPECT_EQ(text("logs/17.log"), "0000000000000000\n0000000000000000\n");
}

TEST_F(Keeper, AMissingWorkDirIsSaidOfIt) {
  TryOrder what = order({"echo never"});
  what.work_dir = folder / "missing";
  const TryResult result = run(what);
  EXPECT_EQ(result.failure, Failure::not_started);
  EXPECT_EQ(result.code, ENOENT);
  EXPECT_NE(result.text.find((folder / "missing").string()), std::string::npos) << result.text;
}

TEST_F(Keeper, AProgramThatIsNoneIsAnError) {
  const auto keeper = start_keeper(order({"true"}), {}, folder / "missing");
  ASSERT_FALSE(keeper);
  EXPECT_EQ(keeper.error().code, ENOENT);
}

TEST_F(Keeper, AStateFolderThatCannotBeWrittenIsAnError) {
  TryOrder what = order({"true"});
  test::write_text(folder / "file", "in the way");
  what.state_dir = folder / "file";
  const auto keeper = start_keeper(what, {});
  ASSERT_FALSE(keeper);
  EXPECT_EQ(keeper.error().code, ENOTDIR);
}

TEST_F(Keeper, TellsASignalFromAStatus) {
  const TryResult result = run(order({"kill -SEGV $$"}));
  EXPECT_EQ(result.failure, Failure::signal);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST_F(Keeper, ExitStatus137IsOutOfMemory) {
  const TryResult result = run(order({"sh -c 'kill -KILL $$'; exit $?"}));
  EXPECT_EQ(result.failure, Failure::out_of_memory) << result.text;
  EXPECT_EQ(result.code, 137);
}

TEST_F(Keeper, TellsOutOfMemoryByTheOutput) {
  const TryResult result = run(
      order({"echo torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB; exit 1"}));
  EXPECT_EQ(result.failure, Failure::out_of_memory);
  EXPECT_EQ(result.code, 1);
}

TEST_F(Keeper, OutOfMemoryInTheOutputOfASuccessIsNoFailure) {
  EXPECT_TRUE(run(order({"echo CUDA out of memory: smaller batches"})).has_succeeded);
}

TEST_F(Keeper, IsSeenToEndWithinMilliseconds) {
  start(order({"true"}));
  bool has_ended = false;
  const auto watched = WatchedTry::watch(loop, keeper_, [&] { has_ended = true; });
  if (watched) {
    loop.run_until([&] { return has_ended; }, loop.now() + kPatience);
    EXPECT_TRUE(has_ended);
  }
  EXPECT_FALSE(is_alive(keeper_));
  const auto late = WatchedTry::watch(loop, keeper_, [] {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ESRCH);
}

TEST_F(Keeper, CallsOnceForEachEnd) {
  start(order({"sleep 0.1"}));
  int calls = 0;
  const auto watched = WatchedTry::watch(loop, keeper_, [&] { ++calls; });
  ASSERT_TRUE(watched) << watched.error().message;
  loop.run_until([&] { return calls > 0; }, loop.now() + kPatience);
  loop.run_until([] { return false; }, loop.now() + 20ms);
  EXPECT_EQ(calls, 1);
}

TEST_F(Keeper, APidThatWasGivenToAnotherProcessIsNotIt) {
  start(order({"sleep 600"}));
  ProcessId other = keeper_;
  --other.start_ticks;
  EXPECT_FALSE(WatchedTry::watch(loop, other, [] {}));
  const auto ended = end_try(other);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ESRCH);
  EXPECT_TRUE(is_alive(keeper_));
}

/// A scheduler of its own, which is killed as it has started a try.
TEST_F(Keeper, OutlivesItsSchedulerAndIsTakenOverByAnother) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const TryOrder what = order({"while [ ! -e go ]; do sleep 0.02; done; echo done"});
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    setsid();
    const auto keeper = start_keeper(what, {});
    const ProcessId id = keeper.value_or(ProcessId{});
    [[maybe_unused]] const auto count = write(ends[1], &id, sizeof id);
    kill(0, SIGKILL);  // with all of its session
    _exit(1);
  }
  ASSERT_EQ(read(ends[0], &keeper_, sizeof keeper_), static_cast<ssize_t>(sizeof keeper_));
  waitpid(scheduler, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  uni_id_ = what.uni_id;
  EXPECT_TRUE(is_alive(keeper_));
  test::write_text(folder / "go", "");
  EXPECT_TRUE(finish().has_succeeded);
  EXPECT_EQ(text("logs/17.log"), "done\n");
}

TEST_F(Keeper, HoldsTheLocksOfItsCardsAndItsCommandsDoNot) {
  const auto lock_file = folder / "card.lock";
  const UniqueFd lock(open(lock_file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
  ASSERT_EQ(flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  start(order({"ls -l /proc/self/fd; touch started; while [ ! -e go ]; do sleep 0.02; done"}),
        {lock.get()});
  const UniqueFd other(open(lock_file.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_NE(flock(other.get(), LOCK_EX | LOCK_NB), 0);
  ASSERT_TRUE(wait_for([&] { return std::filesystem::exists(folder / "started"); }));
  EXPECT_EQ(text("logs/17.log").find("card.lock"), std::string::npos) << text("logs/17.log");
  const_cast<UniqueFd&>(lock).reset();  // NOLINT: as the scheduler closes it
  EXPECT_NE(flock(other.get(), LOCK_EX | LOCK_NB), 0) << "the keeper holds it";
  test::write_text(folder / "go", "");
  EXPECT_TRUE(finish().has_succeeded);
  EXPECT_EQ(flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(Keeper, StartsWithFewDescriptorsLeft) {
  std::vector<UniqueFd> locks;
  std::vector<int> fds;
  for (int i = 0; i < 16; ++i) {
    const auto path = folder / fmt::format("{}.lock", i);
    locks.emplace_back(open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_EQ(flock(locks.back().get(), LOCK_EX | LOCK_NB), 0);
    fds.push_back(locks.back().get());
  }
  start(order({"while [ ! -e go ]; do sleep 0.02; done"}), fds);
  locks.clear();
  for (int i = 0; i < 16; ++i) {
    const auto path = folder / fmt::format("{}.lock", i);
    const UniqueFd other(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_NE(flock(other.get(), LOCK_EX | LOCK_NB), 0) << i;
  }
  test::write_text(folder / "go", "");
  EXPECT_TRUE(finish().has_succeeded);
}

TEST_F(Keeper, WaitsWithoutWaking) {
  start(order({"sleep 600"}));
  const auto switches = [&] {
    std::ifstream file(fmt::format("/proc/{}/status", keeper_.pid));
    std::string line;
    while (std::getline(file, line) && !line.starts_with("voluntary_ctxt_switches:")) {
    }
    return line;
  };
  ASSERT_TRUE(wait_for([&] { return !descendants_of(keeper_.pid, all_processes()).empty(); }));
  std::string before;
  ASSERT_TRUE(wait_for([&] { return std::exchange(before, switches()) == before; }));
  loop.run_until([] { return false; }, loop.now() + 500ms);
  EXPECT_EQ(switches(), before);
}

}  // namespace
}  // namespace wemol::queue
