#include "try_order.h"

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

TEST(TryOrder, ComesBackAsItWas) {
  const TryOrder order{.job = 17,
                       .queue = "night \xff",
                       .uni_id = "compete_803275",
                       .user = "alice",
                       .try_number = 3,
                       .commands = {"echo \"a\"\n", "printf '\xe4\xf6\\0'", "日本"},
                       .work_dir = "/data/\xe9t\xe9",
                       .environment = {{"A", "1=2"}, {"B", ""}},
                       .command_timeout = 1500ms,
                       .ending_time = 7s,
                       .state_dir = "/s",
                       .log = "/s/jobs/17.log",
                       .log_max_bytes = 5'000'000'000,
                       .lock_folder = "/run/lock/wemol-queue",
                       .card_uuids = {"GPU-a", "GPU-b"}};
  const auto read = parse_try_order(to_json(order));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(order));
  EXPECT_EQ(read->queue, order.queue);
  EXPECT_EQ(read->commands, order.commands);
  EXPECT_EQ(read->work_dir, order.work_dir);
  EXPECT_EQ(read->environment, order.environment);
  EXPECT_EQ(read->command_timeout, order.command_timeout);
  EXPECT_EQ(read->card_uuids, order.card_uuids);
  EXPECT_EQ(read->log_max_bytes, order.log_max_bytes);
}

TEST(TryOrder, WithoutATimeoutThereIsNone) {
  EXPECT_FALSE(parse_try_order(to_json({}))->command_timeout);
}

TEST(TryOrder, WhatIsNoOrderIsAnError) {
  for (const char* text : {"", "{", "[]", R"({"job":1})"}) {
    EXPECT_FALSE(parse_try_order(text)) << text;
  }
}

std::string value_of(const Variables& variables, std::string_view name) {
  for (const auto& [key, value] : variables) {
    if (key == name) {
      return value;
    }
  }
  return "(none)";
}

TEST(TryOrder, CudaSeesItsCardsByTheIndicesOfTheHost) {
  const auto variables =
      environment_of(17, "compete_1", {{.visible_as = "3"}, {.visible_as = "5"}});
  EXPECT_EQ(value_of(variables, "CUDA_DEVICE_ORDER"), "PCI_BUS_ID");
  EXPECT_EQ(value_of(variables, "CUDA_VISIBLE_DEVICES"), "3,5");
  EXPECT_EQ(value_of(variables, "WEMOL_QUEUE_JOB"), "17");
  EXPECT_EQ(value_of(variables, "UNI_ID"), "compete_1");
  EXPECT_EQ(value_of(variables, "ROCR_VISIBLE_DEVICES"), "(none)");
}

TEST(TryOrder, HipCountsWhatRocrHasLeft) {
  const auto variables = environment_of(
      17, "compete_1",
      {{.visible_as = "GPU-0c", .is_amd = true}, {.visible_as = "3", .is_amd = true}});
  EXPECT_EQ(value_of(variables, "ROCR_VISIBLE_DEVICES"), "GPU-0c,3");
  EXPECT_EQ(value_of(variables, "HIP_VISIBLE_DEVICES"), "0,1");
  EXPECT_EQ(value_of(variables, "CUDA_VISIBLE_DEVICES"), "0,1");
}

TEST(TryOrder, AJobWithoutCardsSeesNone) {
  EXPECT_EQ(value_of(environment_of(1, "compete_1", {}), "CUDA_VISIBLE_DEVICES"), "");
}

}  // namespace
}  // namespace wemol::queue
