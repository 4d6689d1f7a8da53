#include "session_reader.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fake_command_runner.h"
#include "files.h"
#include "temp_dir.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

class SessionReaderTest : public testing::Test {
 protected:
  void add_socket(const std::string& path_below) const {
    const std::filesystem::path path = dir_ / path_below;
    std::filesystem::create_directories(path.parent_path());
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(&address.sun_path[0], sizeof address.sun_path - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  HostSessions read_as(uid_t asker) {
    SessionReader reader(runner_, {.screen = dir_ / "screen", .tmux = dir_ / "tmp"}, asker,
                         [](std::uint32_t) { return std::optional<std::string>("lin"); });
    return reader.read(SteadyTime(1000s));
  }

  test::TempDir dir_;
  test::FakeCommandRunner runner_;
};

TEST_F(SessionReaderTest, WithoutSocketsNothingIsAsked) {
  EXPECT_EQ(read_as(getuid()).screen, TerminalSessions()) << "no such folders";
  std::filesystem::create_directories(dir_ / "screen/S-lin");
  std::filesystem::create_directories(dir_ / "tmp/tmux-1000");
  const HostSessions sessions = read_as(getuid());
  EXPECT_EQ(sessions.screen, TerminalSessions());
  EXPECT_EQ(sessions.tmux, TerminalSessions());
  EXPECT_TRUE(runner_.started().empty());
}

TEST_F(SessionReaderTest, AsksForItsOwnSessions) {
  add_socket("screen/S-lin/12.train");
  add_socket("tmp/tmux-1000/default");
  add_socket("tmp/tmux-1000/other");
  runner_.answer("screen -ls", test::printed("\t12.train\t(Detached)\n"));
  runner_.answer("tmux -S", test::printed("1 9 one\n"));
  const HostSessions sessions = read_as(getuid());
  EXPECT_EQ(
      sessions.screen,
      (TerminalSessions{
          {.pid = 12, .name = "train", .state = TerminalSession::State::detached, .user = "lin"}}));
  ASSERT_TRUE(sessions.tmux);
  EXPECT_EQ(sessions.tmux->size(), 2U) << "one of each server";
  EXPECT_EQ(runner_.count_started("screen -ls"), 1U);
  EXPECT_EQ(runner_.count_started("tmux -S " + (dir_ / "tmp/tmux-1000/default").string()), 1U);
}

TEST_F(SessionReaderTest, ThoseOfOthersAreUnknown) {
  add_socket("screen/S-lin/12.train");
  const uid_t somebody_else = getuid() + 1;
  const HostSessions sessions = read_as(somebody_else);
  EXPECT_EQ(sessions.screen, std::nullopt);
  EXPECT_EQ(sessions.tmux, TerminalSessions()) << "there is no folder of tmux at all";
  EXPECT_TRUE(runner_.started().empty());
}

TEST_F(SessionReaderTest, RootAsksAsTheUser) {
  if (getuid() != 0) {
    GTEST_SKIP() << "gives folders to another user, which takes root";
  }
  add_socket("screen/S-lin/12.train");
  add_socket("tmp/tmux-1000/default");
  for (const char* const folder : {"screen/S-lin", "tmp/tmux-1000"}) {
    ASSERT_EQ(chown((dir_ / folder).c_str(), 1000, 100), 0);
  }
  (void)read_as(0);
  ASSERT_EQ(runner_.started().size(), 2U);
  for (const std::string& line : runner_.started()) {
    EXPECT_TRUE(line.starts_with("setpriv --reuid 1000 --regid 100 --clear-groups --reset-env -- "))
        << line;
  }
}

TEST_F(SessionReaderTest, ALinkIsNotFollowed) {
  add_socket("elsewhere/12.train");
  std::filesystem::create_directories(dir_ / "screen");
  std::filesystem::create_symlink(dir_ / "elsewhere", dir_ / "screen/S-lin");
  (void)read_as(getuid());
  EXPECT_TRUE(runner_.started().empty());
}

}  // namespace
}  // namespace wemol
