#include <pty.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Stands in for systemd: what is sent to its socket.
class Manager {
 public:
  explicit Manager(const fs::path& address)
      : address_(address), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    address_.copy(own.sun_path, sizeof own.sun_path - 1);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
      throw std::runtime_error("cannot bind " + address_);
    }
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { close(fd_); }

  [[nodiscard]] Environment environment() const {
    return {{"NOTIFY_SOCKET", address_}, {"WATCHDOG_USEC", "60000000"}};
  }
  /// How many messages so far hold `text`.
  [[nodiscard]] std::ptrdiff_t told(const std::string& text) {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0) {
      messages_.emplace_back(buffer.data(), static_cast<std::size_t>(count));
    }
    return std::ranges::count_if(messages_, [&](const std::string& message) {
      return message.find(text) != std::string::npos;
    });
  }

 private:
  std::string address_;
  int fd_;
  std::vector<std::string> messages_;
};

class Service : public RecorderTest {
 protected:
  [[nodiscard]] fs::path config() const { return folder().parent_path() / "settings.toml"; }
  /// Without a terminal, as a service: SIGHUP is a reload.
  RecorderProcess& start_service(const Arguments& arguments, const Environment& environment = {}) {
    set_launcher({"setsid"});
    return start_recorder(arguments, environment);
  }
};

TEST_F(Service, tells_the_manager_when_it_is_ready_how_it_goes_and_when_it_stops) {
  engine().run("wemol_rc_task_132171_1_1");
  Manager manager(folder().parent_path() / "notify");
  RecorderProcess& recorder =
      start_service({"--source", "native", "--interval", "0.1"}, manager.environment());
  ASSERT_TRUE(eventually([&] { return manager.told("WATCHDOG=1\n") >= 2; }));
  EXPECT_EQ(manager.told("READY=1\nWATCHDOG_USEC=148100000\n"), 1);
  EXPECT_GE(manager.told("rounds done, 1 task; "), 1);
  EXPECT_EQ(manager.told("STOPPING=1"), 0);
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(manager.told("STOPPING=1"), 1);
}

TEST_F(Service, is_ready_without_docker_and_only_finished_rounds_feed_the_watchdog) {
  tools().put_script("docker", "env > $tools/environment\nexec sleep 100000\n");
  Manager manager(folder().parent_path() / "notify");
  RecorderProcess& recorder =
      start_service({"--interval", "0.1", "--command-timeout", "1000"}, manager.environment());
  ASSERT_TRUE(eventually([&] { return manager.told("READY=1") == 1; }));
  ASSERT_TRUE(eventually([&] { return fs::exists(tools().folder() / "environment"); }));
  EXPECT_FALSE(eventually([&] { return manager.told("WATCHDOG=1\n") > 0; }, 1500ms));
  EXPECT_EQ(read_text(tools().folder() / "environment").find("NOTIFY_SOCKET"), std::string::npos);
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(manager.told("WATCHDOG=1\n"), 0);
}

TEST_F(Service, is_ready_while_the_engine_hangs) {
  engine().run("wemol_rc_task_132171_1_1");
  engine().freeze();
  Manager manager(folder().parent_path() / "notify");
  RecorderProcess& recorder =
      start_service({"--source", "native", "--command-timeout", "1000"}, manager.environment());
  EXPECT_TRUE(eventually([&] { return manager.told("READY=1") == 1; }));
  engine().thaw();
  EXPECT_TRUE(eventually([&] { return manager.told("WATCHDOG=1\n") == 1; }));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(Service, that_is_reloaded_takes_new_settings_and_loses_no_row) {
  engine().run("wemol_rc_task_132171_1_1");
  engine().run("other_132172_1_1");
  write_text(config(), "interval = 0.2\nsource = \"native\"\n");
  RecorderProcess& recorder = start_service({"--config", config()});
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  fs::rename(folder() / "wemol_resource_monitor.log", folder() / "rotated.log");
  write_text(config(), "interval = 0.3\nsource = \"native\"\ncontainer-prefix = \"other\"\n");
  recorder.send(SIGHUP);
  ASSERT_TRUE(wait_for_rows(2, "132172"));
  EXPECT_EQ(recorder.lines_with("interval is now 0.3 s, was 0.2 s"), 1U);
  EXPECT_NE(read_text(folder() / "wemol_resource_monitor.log").find("is read again"),
            std::string::npos);
  write_text(config(), "interval = 0.1\nsource = \"docker-cli\"\n");
  recorder.send(SIGHUP);
  recorder.send(SIGHUP);
  ASSERT_TRUE(
      eventually([&] { return recorder.lines_with("interval is now 0.1 s, was 0.3 s") == 1; }));
  EXPECT_EQ(recorder.lines_with("- WARNING - " + config().string() +
                                ": source is docker-cli there, and stays native"),
            recorder.lines_with("source is docker-cli"));
  ASSERT_TRUE(wait_for_more_rows(2, "132171"));
  engine().must_docker({"kill", "wemol_rc_task_132171_1_1"});
  ASSERT_TRUE(eventually([&] { return rows("132171").back().at("gpu_count") == "N/A"; }));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("ends of tasks: 1 read in time, 0 too late"), 1U);
}

TEST_F(Service, refuses_bad_settings_in_one_line_and_goes_on_with_the_old_ones) {
  engine().run("wemol_rc_task_132171_1_1");
  write_text(config(), "interval = 0.2\nsource = \"native\"\n");
  RecorderProcess& recorder = start_service({"--config", config()});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  write_text(config(), "interval = 0.01\ncontainer-prefix = \"other\"\n");
  recorder.send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("are refused") == 1; }));
  EXPECT_EQ(recorder.lines_with("- ERROR - SIGHUP: the settings of " + config().string() +
                                " are refused, and all stay as they were: --interval: takes "
                                "seconds from 0.1 to 86400, not \"0.01\""),
            1U);
  EXPECT_TRUE(wait_for_more_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(Service, writes_to_the_journal_with_priorities_and_without_times) {
  tools().remove("docker");
  // What systemd does: it names the stream that it has made.
  set_launcher({"sh", "-c",
                "exec env JOURNAL_STREAM=\"$(stat -L -c %d:%i /proc/self/fd/2)\" \"$0\" \"$@\""});
  RecorderProcess& recorder =
      record_rounds(1, {}, {{"PATH", std::string("/usr/bin:/bin:") + tools().folder().string()}});
  EXPECT_TRUE(recorder.log().starts_with("<6>wemol-recorder ")) << recorder.log();
  EXPECT_EQ(recorder.lines_with("<"), recorder.lines_with(""));
  EXPECT_NE(read_text(folder() / "wemol_resource_monitor.log").find(" - INFO - wemol-recorder "),
            std::string::npos);
}

TEST_F(Service, started_by_hand_it_stops_when_the_terminal_goes_away) {
  int terminal = -1;
  const std::string log = folder() / "log";
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    execl(WEMOL_RECORDER, WEMOL_RECORDER, "--output-dir", (folder() / "out").c_str(), "--log-file",
          log.c_str(), nullptr);
    _exit(127);
  }
  EXPECT_TRUE(
      eventually([&] { return read_text(log).find("records containers") != std::string::npos; }));
  close(terminal);
  int status = -1;
  EXPECT_TRUE(eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; }));
  EXPECT_EQ(status, 0);
  EXPECT_NE(read_text(log).find("SIGHUP: the terminal is gone"), std::string::npos);
  EXPECT_NE(read_text(log).find("stopped after"), std::string::npos);
}

TEST_F(Service, started_with_nohup_it_goes_on) {
  engine().run("wemol_rc_task_132171_1_1");
  set_launcher({"nohup"});
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  recorder.send(SIGHUP);
  EXPECT_TRUE(wait_for_more_rows(5, "132171"));
  EXPECT_EQ(recorder.lines_with("SIGHUP"), 0U);
  EXPECT_EQ(recorder.stop(), 0);
}

}  // namespace
}  // namespace wemol::e2e
