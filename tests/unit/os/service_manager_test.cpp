#include "service_manager.h"

#include <cerrno>
#include <cstdlib>

#include <gtest/gtest.h>

#include "notify_socket.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::NotifySocket;

TEST(ServiceManager, GetsWhatItIsTold) {
  const NotifySocket socket;
  const ServiceManager manager;
  EXPECT_TRUE(manager.listens());
  EXPECT_EQ(manager.tell("READY=1\nSTATUS=a"), 0);
  EXPECT_EQ(socket.received(), (std::vector<std::string>{"READY=1\nSTATUS=a"}));
}

TEST(ServiceManager, MayHaveAnAbstractSocket) {
  const NotifySocket socket("@wemol-test-" + std::to_string(getpid()));
  EXPECT_EQ(ServiceManager().tell("READY=1"), 0);
  EXPECT_EQ(socket.received(), (std::vector<std::string>{"READY=1"}));
}

TEST(ServiceManager, NeedNotBeThere) {
  unsetenv("NOTIFY_SOCKET");
  const ServiceManager manager;
  EXPECT_FALSE(manager.listens());
  EXPECT_FALSE(manager.watchdog());
  EXPECT_EQ(manager.tell("READY=1"), 0);
}

TEST(ServiceManager, IsNothingForChildProcesses) {
  const NotifySocket socket;
  setenv("WATCHDOG_USEC", "1000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const ServiceManager manager;
  for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(std::getenv(variable), nullptr) << variable;
  }
}

TEST(ServiceManager, SaysHowLongItWaitsForASignOfLife) {
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager().watchdog(), 60s);
  EXPECT_FALSE(ServiceManager().watchdog()) << "the variables are taken";
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceManager().watchdog()) << "that was meant for another process";
}

TEST(ServiceManager, ThatHangsIsNotWaitedFor) {
  const NotifySocket socket;
  const ServiceManager manager;
  int error = 0;
  for (int i = 0; i < 100'000 && error == 0; ++i) {
    error = manager.tell("WATCHDOG=1");
  }
  EXPECT_EQ(error, EAGAIN);
  EXPECT_EQ(manager.tell("READY=1", 20ms), EAGAIN) << "and when it matters, for as long as told";
}

TEST(ServiceManager, ThatIsGoneIsAnError) {
  setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  EXPECT_EQ(ServiceManager().tell("READY=1"), ENOENT);
  setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  EXPECT_EQ(ServiceManager().tell("READY=1"), ENAMETOOLONG);
}

}  // namespace
}  // namespace wemol
