#include "parent_watch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include <gtest/gtest.h>

namespace wemol::agent {
namespace {

using namespace std::chrono_literals;

class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      pause();
      _exit(0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(ParentWatch, TellsTheEndOnce) {
  boost::asio::io_context context;
  Child child;
  int ended = 0;
  const auto watch = ParentWatch::start(context, child.pid(), [&] { ++ended; });
  ASSERT_TRUE(watch) << watch.error().message;
  context.run_for(50ms);
  EXPECT_EQ(ended, 0);
  child.end();
  context.run_for(20s);  // returns when nothing is left to wait for
  EXPECT_EQ(ended, 1);
}

TEST(ParentWatch, SaysNothingAfterItsOwnEnd) {
  boost::asio::io_context context;
  Child child;
  bool is_told = false;
  {
    const auto watch = ParentWatch::start(context, child.pid(), [&] { is_told = true; });
  }
  child.end();
  context.run_for(20s);
  EXPECT_FALSE(is_told);
}

TEST(ParentWatch, AProcessThatIsNotThereIsAnError) {
  boost::asio::io_context context;
  Child child;
  const pid_t pid = child.pid();
  child.end();
  const auto watch = ParentWatch::start(context, pid, [] {});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().message.find("there is no process"), std::string::npos);
}

}  // namespace
}  // namespace wemol::agent
