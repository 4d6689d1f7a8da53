#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <thread>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::read_text;
using test::TempDir;

/// Puts the logger back that was there before the test.
class Log : public testing::Test {
 protected:
  void TearDown() override { spdlog::set_default_logger(before_); }
  TempDir dir;

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

/// Standard error goes to a file while it lives.
class StandardErrorFile {
 public:
  explicit StandardErrorFile(const std::filesystem::path& path)
      : before_(dup(STDERR_FILENO)),
        file_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
    dup2(file_, STDERR_FILENO);
  }
  StandardErrorFile(const StandardErrorFile&) = delete;
  StandardErrorFile& operator=(const StandardErrorFile&) = delete;
  ~StandardErrorFile() {
    dup2(before_, STDERR_FILENO);
    close(before_);
    close(file_);
    unsetenv("JOURNAL_STREAM");
  }
  /// As systemd names it; `inodes` further when it is not to match.
  void name_as_journal(ino_t inodes = 0) const {
    struct stat status {};
    fstat(file_, &status);
    const std::string name =
        std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino + inodes);
    setenv("JOURNAL_STREAM", name.c_str(), 1);
  }

 private:
  int before_;
  int file_;
};

TEST_F(Log, LinesHaveTheContractsForm) {
  set_up_log(LogLevel::debug, dir / "x.log");
  spdlog::debug("a");
  spdlog::info("b");
  spdlog::warn("c");
  spdlog::error("d");
  const std::string time = R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})";
  EXPECT_TRUE(std::regex_match(read_text(dir / "x.log"),
                               std::regex(time + " - DEBUG - a\n" + time + " - INFO - b\n" + time +
                                          " - WARNING - c\n" + time + " - ERROR - d\n")))
      << read_text(dir / "x.log");
}

TEST_F(Log, LowerLevelsAreLeftOut) {
  set_up_log(LogLevel::warning, dir / "x.log");
  spdlog::info("quiet");
  spdlog::warn("loud");
  EXPECT_EQ(read_text(dir / "x.log").find("quiet"), std::string::npos);
  EXPECT_NE(read_text(dir / "x.log").find("loud"), std::string::npos);
}

TEST_F(Log, IsOpenedAnewWhileAnotherThreadLogs) {
  const StandardErrorFile nowhere("/dev/null");
  set_up_log(LogLevel::info, dir / "x.log");
  constexpr int kLines = 2000;
  std::thread other([] {
    for (int i = 0; i < kLines; ++i) {
      spdlog::info("line");
    }
  });
  for (int i = 0; i < 200; ++i) {
    set_up_log(LogLevel::info, dir / "x.log");
  }
  other.join();
  const std::string text = read_text(dir / "x.log");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kLines);
}

TEST_F(Log, FileRotatesAndFiveOldOnesAreKept) {
  const StandardErrorFile nowhere("/dev/null");
  set_up_log(LogLevel::info, dir / "x.log");
  const std::string line(1 << 20, 'x');
  for (int i = 0; i < 75; ++i) {
    spdlog::info(line);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    ++files;
    EXPECT_LE(entry.file_size(), std::size_t{10} << 20);
  }
  EXPECT_EQ(files, 6U);
}

TEST_F(Log, JournalGetsPrioritiesInFrontOfEachLineAndNoTimes) {
  const StandardErrorFile standard_error(dir / "stderr");
  standard_error.name_as_journal();
  set_up_log(LogLevel::debug, dir / "x.log");
  spdlog::debug("a");
  spdlog::info("b");
  spdlog::warn("c\nd");
  spdlog::error("e");
  EXPECT_EQ(read_text(dir / "stderr"), "<7>a\n<6>b\n<4>c\n<4>d\n<3>e\n");
  EXPECT_NE(read_text(dir / "x.log").find(" - DEBUG - a\n"), std::string::npos);
}

TEST_F(Log, StandardErrorThatIsNotTheJournalKeepsTheContractsForm) {
  const StandardErrorFile standard_error(dir / "stderr");
  standard_error.name_as_journal(1);
  set_up_log(LogLevel::info, dir / "x.log");
  spdlog::info("b");
  EXPECT_NE(read_text(dir / "stderr").find(" - INFO - b\n"), std::string::npos);
}

TEST_F(Log, FileThatCannotBeOpenedIsNoReasonNotToStart) {
  test::write_text(dir / "file", "");
  set_up_log(LogLevel::info, dir / "file/x.log");
  spdlog::info("goes on");
}

}  // namespace
}  // namespace wemol
