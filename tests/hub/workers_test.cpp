#include "workers.h"

#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

TEST(HubWorkers, WhatIsToBeDoneEndsInTheThreadOfTheServer) {
  boost::asio::io_context context;
  const auto waits = boost::asio::make_work_guard(context);
  Workers workers(context, 1, 4);
  int elsewhere = 0;
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 2000; ++i) {
    bool is_done = false;
    {
      const std::shared_ptr<int> last(new int(i), [&](const int* number) {
        delete number;
        elsewhere += std::this_thread::get_id() == here ? 0 : 1;
      });
      // As code has it that captures its arguments: const, so that to move it is to copy.
      const auto done = [last, &is_done](const std::optional<int>& value) {
        is_done = true;
        EXPECT_EQ(value, 7);
      };
      ASSERT_TRUE(workers.run([] { return 7; }, done));
    }
    while (!is_done) {
      context.run_one();
    }
  }
  workers.end();
  EXPECT_EQ(elsewhere, 0);
}

}  // namespace
}  // namespace wemol::hub
