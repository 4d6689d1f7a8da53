#include "report_queue.h"

#include <gtest/gtest.h>

namespace wemol::hub_client {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

TEST(ReportQueue, GivesTheOldestFirstUntilItIsDone) {
  ReportQueue queue({});
  EXPECT_EQ(queue.next(kNow), nullptr);
  queue.push({"a", kNow}, kNow);
  queue.push({"b", kNow + 1s}, kNow + 1s);
  const auto first = queue.next(kNow + 1s);
  EXPECT_EQ(first->text, "a");
  EXPECT_EQ(queue.next(kNow + 1s), first);
  queue.done(first);
  EXPECT_EQ(queue.next(kNow + 1s)->text, "b");
  queue.done(first);
  EXPECT_EQ(queue.size(), 1U) << "it was done already";
  EXPECT_EQ(queue.bytes(), 1U);
}

TEST(ReportQueue, OldOnesGoByAgeCountAndBytes) {
  ReportQueue queue({.age = 10s, .count = 3, .bytes = 10});
  queue.push({"aaaa", kNow}, kNow);
  queue.push({"bbbb", kNow + 1s}, kNow + 1s);
  queue.push({"cccc", kNow + 2s}, kNow + 2s);
  EXPECT_EQ(queue.next(kNow + 2s)->text, "bbbb") << "of 12 bytes 10 may wait";
  for (int i = 0; i < 3; ++i) {
    queue.push({"d", kNow + 3s}, kNow + 3s);
  }
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.next(kNow + 13s)->text, "d");
  EXPECT_EQ(queue.next(kNow + 14s), nullptr);
  EXPECT_EQ(queue.dropped(), 6U);
  EXPECT_EQ(queue.bytes(), 0U);
  queue.push({std::string(11, 'x'), kNow + 14s}, kNow + 14s);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(ReportQueue, LargeOnesAreKeptForTenMinutes) {
  // 200 processes at an interval of two seconds, as an agent sends them.
  const auto text_of = [](int number) {
    std::string text;
    for (int pid = 0; pid < 200; ++pid) {
      text +=
          R"({"pid":)" + std::to_string((number * 7919 + pid * 104729) % 4194304) +
          R"(,"name":"python","cmdline":"python train.py --data /srv/data/set","cpu_percent":)" +
          std::to_string((number * 31 + pid * 17) % 1000) +
          R"(.25,"memory_percent":3.25,"create_time":1795830893.62,"status":"running",)" +
          R"("username":"chen","is_gpu_process":true,"gpu_memory_usage":20100.0,"gpu_id":0})";
    }
    return text;
  };
  ReportQueue queue({});
  constexpr int kReports = 300;
  for (int number = 0; number < kReports; ++number) {
    queue.push({text_of(number), kNow + number * 2s}, kNow + number * 2s);
  }
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(kReports));
  for (int number = 0; number < kReports; ++number) {
    const auto report = queue.next(kNow + 600s);
    ASSERT_EQ(report->text, text_of(number));
    queue.done(report);
  }
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_EQ(queue.dropped(), 0U);
}

TEST(ReportQueue, OneThatIsUnderWayMayBeDropped) {
  ReportQueue queue({.count = 1});
  queue.push({"a", kNow}, kNow);
  const auto first = queue.next(kNow);
  queue.push({"b", kNow}, kNow);
  queue.done(first);
  EXPECT_EQ(queue.next(kNow)->text, "b");
}

}  // namespace
}  // namespace wemol::hub_client
