#include <sys/resource.h>

#include <csignal>

#include <fmt/format.h>

#include "kept_try.h"
#include "try_log.h"

namespace wemol::queue {
namespace {

class KeeperLog : public KeptTry {};

TEST_F(KeeperLog, EachTryHasItsOwn) {
  TryOrder what = order({"echo first; exit 1"});
  run(what);
  what.try_number = 2;
  what.commands = {"echo second"};
  run(what);
  EXPECT_EQ(text("logs/17.log"), "second\n");
  EXPECT_EQ(text("logs/17.1.log"), "first\n");
}

TEST_F(KeeperLog, ALongOutputKeepsItsBeginningAndItsEnd) {
  TryOrder what = order({"echo begin; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end"});
  what.log_max_bytes = 1 << 20;
  const TryResult result = run(what);
  EXPECT_TRUE(result.has_succeeded) << result.text;
  const std::string log = text("logs/17.log");
  EXPECT_LT(log.size(), (1U << 20) + (65U << 10));
  EXPECT_TRUE(log.starts_with("begin\nxxx"));
  EXPECT_TRUE(log.ends_with("x\nend\n"));
  EXPECT_NE(log.find("[wemol-queue] the log has 1048576 bytes, as much as it may"),
            std::string::npos);
}

TEST_F(KeeperLog, OutOfMemoryIsSeenBehindTheLongestLogToo) {
  TryOrder what = order({"head -c 1000000 /dev/zero; echo CUDA error: out of memory; exit 1"});
  what.log_max_bytes = 1000;
  EXPECT_EQ(run(what).failure, Failure::out_of_memory);
}

/// Files may not grow beyond that, as on a disk that is full.
TEST_F(KeeperLog, ADiskThatIsFullStopsNoJob) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 8192, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  start(order({"head -c 1000000 /dev/zero", "echo went on | cat; exit 7"}));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  const TryResult result = finish();
  EXPECT_EQ(result.code, 7) << result.text;
  EXPECT_NE(result.text.find("of its output are lost: File too large"), std::string::npos)
      << result.text;
  EXPECT_EQ(std::filesystem::file_size(folder / "logs/17.log"), 8192U);
}

TEST_F(KeeperLog, ALogThatCannotBeMadeStopsNoJob) {
  TryOrder what = order({"echo lost; echo x > proof"});
  test::write_text(folder / "logs", "in the way");
  const TryResult result = run(what);
  EXPECT_TRUE(result.has_succeeded);
  EXPECT_NE(result.text.find("5 bytes of its output are lost"), std::string::npos) << result.text;
  EXPECT_EQ(text("proof"), "x\n");
}

TEST_F(KeeperLog, TheEndIsKnownWhateverTheLengthsOfThePieces) {
  for (const std::size_t piece : {1UL, 1000UL, TryLog::kTailBytes, TryLog::kTailBytes + 1}) {
    TryLog log(folder / "log", 1, 10);
    std::string whole;
    for (std::size_t i = 0; whole.size() < 3 * TryLog::kTailBytes; ++i) {
      const std::string text(piece, static_cast<char>('a' + i % 26));
      whole += text;
      log.write(text);
    }
    EXPECT_EQ(log.tail(), whole.substr(whole.size() - TryLog::kTailBytes)) << piece;
  }
}

TEST_F(KeeperLog, AShortOverrunIsNotLost) {
  TryLog log(folder / "log", 1, 4);
  log.write("1234567");
  log.finish();
  const std::string written = text("log");
  EXPECT_TRUE(written.starts_with("1234\n[wemol-queue] ")) << written;
  EXPECT_TRUE(written.ends_with("0 bytes are left out; this is the end of the output:\n567"))
      << written;
}

}  // namespace
}  // namespace wemol::queue
