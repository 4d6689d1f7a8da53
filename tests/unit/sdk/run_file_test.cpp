#include "run_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

#include "temp_dir.h"

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream input(file);
  return {std::istreambuf_iterator<char>(input), {}};
}

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

class RunFileTest : public testing::Test {
 protected:
  test::TempDir dir;
  fs::path path = dir / "project" / "run.jsonl";
  SteadyTime now{1000s};
};

TEST_F(RunFileTest, LinesGoToTheEnd) {
  RunFile file(path);
  EXPECT_TRUE(file.append("{\"_step\":0}\n", now));
  std::ofstream(path, std::ios::app) << "{\"_step\":7}\n";
  EXPECT_TRUE(file.append("{\"_step\":1}\n", now));
  EXPECT_EQ(content(path), "{\"_step\":0}\n{\"_step\":7}\n{\"_step\":1}\n");
}

TEST_F(RunFileTest, ATornLineOfTheRunBeforeBeginsNoLine) {
  put(path, "{\"_step\":4,\"a\":1}\n{\"_step\":5,\"a");
  RunFile file(path);
  EXPECT_TRUE(file.append("{\"_step\":6}\n", now));
  EXPECT_TRUE(file.append("{\"_step\":7}\n", now));
  EXPECT_EQ(content(path),
            "{\"_step\":4,\"a\":1}\n{\"_step\":5,\"a\n{\"_step\":6}\n{\"_step\":7}\n");
  EXPECT_EQ(file.last_step(), 4);
}

TEST_F(RunFileTest, HalfALineOfSomebodyWhoIsWritingIsNotTorn) {
  auto other = std::make_unique<RunFile>(path);
  EXPECT_TRUE(other->append("{\"a\":1}\n", now));
  std::ofstream(path, std::ios::app) << "{\"a\"";  // as one sees it in the middle of a write
  RunFile file(path);
  EXPECT_TRUE(file.append(":2}\n", now));
  EXPECT_EQ(content(path), "{\"a\":1}\n{\"a\":2}\n") << "no line end of ours within";
  other.reset();
  std::ofstream(path, std::ios::app) << "{\"a\"";
  RunFile second(path);
  EXPECT_TRUE(second.append("{\"a\":3}\n", now));
  EXPECT_EQ(content(path), "{\"a\":1}\n{\"a\":2}\n{\"a\"{\"a\":3}\n") << "`file` may be writing it";
}

TEST_F(RunFileTest, StepOfOtherLinesIsPassedOver) {
  put(path, "{\"_step\":12,\"a\":1}\n{\"other\":1}\nno json\n");
  RunFile file(path);
  EXPECT_TRUE(file.open(now));
  EXPECT_EQ(file.last_step(), 12);
}

TEST_F(RunFileTest, StepIsReadFromTheBeginOfALine) {
  EXPECT_EQ(step_of_line("{\"_step\":3,\"x\":1}"), 3);
  EXPECT_EQ(step_of_line("{\"_step\":-1}"), -1);
  EXPECT_EQ(step_of_line("{\"_step\":1.5}"), std::nullopt);
  EXPECT_EQ(step_of_line("{\"x\":1,\"_step\":3}"), std::nullopt);
  EXPECT_EQ(step_of_line(""), std::nullopt);
}

TEST_F(RunFileTest, WhatIsNoFileIsLeftAlone) {
  fs::create_directories(path.parent_path());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  RunFile fifo(path);
  EXPECT_FALSE(fifo.append("{}\n", now));
  EXPECT_NE(fifo.last_error(), "");

  const fs::path link = dir / "project" / "link.jsonl";
  put(dir / "victim", "victim");
  fs::create_symlink(dir / "victim", link);
  RunFile linked(link);
  EXPECT_FALSE(linked.append("{}\n", now));
  EXPECT_EQ(content(dir / "victim"), "victim");
}

TEST_F(RunFileTest, AFolderThatCannotBeMadeIsTriedAgainLater) {
  put(dir / "project", "a file in the folder's place");
  RunFile file(path);
  EXPECT_FALSE(file.append("{}\n", now));
  EXPECT_NE(file.last_error().find("run.jsonl"), std::string::npos);
  fs::remove(dir / "project");
  EXPECT_FALSE(file.append("{}\n", now + 500ms)) << "too early";
  EXPECT_TRUE(file.append("{}\n", now + 1s));
}

TEST_F(RunFileTest, AFileThatSomebodyHasRemovedIsMadeAnew) {
  RunFile file(path);
  EXPECT_TRUE(file.append("{\"a\":1}\n", now));
  fs::remove_all(path.parent_path());
  EXPECT_TRUE(file.append("{\"a\":2}\n", now + 2s));
  EXPECT_EQ(content(path), "{\"a\":2}\n");
}

/// In a child: the limit stays.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST_F(RunFileTest, WhatAFullDiskTearsIsTakenBackAndNoSignalComes) {
  const int result = in_child([&] {
    const rlimit limit{.rlim_cur = 25, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_DFL);
    RunFile file(path);
    if (!file.append("{\"a\":12345678}\n", now) || file.append("{\"a\":12345678}\n", now) ||
        file.append("{\"a\":12345678}\n", now) || file.last_error().empty()) {
      return 1;
    }
    sigset_t pending;
    sigpending(&pending);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    if (sigismember(&pending, SIGXFSZ) == 1 || sigismember(&mask, SIGXFSZ) == 1) {
      return 2;
    }
    const rlimit no_limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &no_limit);
    return file.append("{\"a\":9}\n", now) ? 0 : 3;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(content(path), "{\"a\":12345678}\n{\"a\":9}\n");
}

TEST_F(RunFileTest, WhatAProgramPrintsThoughItHasClosedItsStreamsGoesElsewhere) {
  const int result = in_child([&] {
    for (int stream = 0; stream <= 2; ++stream) {
      close(stream);
    }
    RunFile file(path);
    const bool written = file.append("{\"a\":1}\n", now);
    const ssize_t printed = write(STDOUT_FILENO, "printed", 7) + write(STDERR_FILENO, "too", 3);
    return written && printed == -2 ? 0 : 1;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(content(path), "{\"a\":1}\n");
}

}  // namespace
}  // namespace wemol::sdk
