#include "host_table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fake_clock.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

Report report_of(const std::string& name, std::optional<std::chrono::nanoseconds> interval = {}) {
  return {.hostname = name,
          .interval = interval,
          .json = R"({"hostname":")" + name + "\"}",
          .tasks = "[]"};
}

class HubHostTable : public testing::Test {
 protected:
  void take(const std::string& name, std::optional<std::chrono::nanoseconds> interval = {}) {
    ASSERT_TRUE(
        table_.take(report_of(name, interval), {.moment = clock_.moment(), .address = "10.0.0.1"}));
  }
  [[nodiscard]] bool is_online(const std::string& name) {
    (void)table_.refresh(clock_.now());
    return table_.find(name)->is_online;
  }
  [[nodiscard]] static Names names_of(const HostChanges& changes) {
    Names names;
    for (const Host* const host : changes.changed) {
      names.push_back(host->name);
    }
    return names;
  }

  HostTable table_{3};
  test::FakeClock clock_;
};

TEST_F(HubHostTable, AHostIsOnlineForTenSecondsAfterAReport) {
  take("a");
  clock_.pass(10s);
  EXPECT_TRUE(is_online("a"));
  clock_.pass(1ms);
  EXPECT_FALSE(is_online("a"));
  take("a");
  EXPECT_TRUE(is_online("a"));
}

TEST_F(HubHostTable, OrForThreeOfTheIntervalsThatItStates) {
  take("a", 20s);
  clock_.pass(60s);
  EXPECT_TRUE(is_online("a"));
  clock_.pass(1ms);
  EXPECT_FALSE(is_online("a"));
}

TEST_F(HubHostTable, OrOfThoseThatItsReportsShow) {
  take("a");
  clock_.pass(15s);
  take("a");
  clock_.pass(45s);
  EXPECT_TRUE(is_online("a"));
  clock_.pass(1ms);
  EXPECT_FALSE(is_online("a"));
}

TEST_F(HubHostTable, AnOutageIsNoInterval) {
  take("a");
  clock_.pass(2s);
  take("a");
  clock_.pass(24h);
  take("a");
  clock_.pass(10s + 1ms);
  EXPECT_FALSE(is_online("a"));
}

TEST_F(HubHostTable, AnOutageRightAfterTheFirstReportIsForgottenByTheNext) {
  take("a");
  clock_.pass(24h);
  take("a");
  EXPECT_EQ(table_.find("a")->online_until(), clock_.now() + 30min);
  clock_.pass(2s);
  take("a");
  EXPECT_EQ(table_.find("a")->online_until(), clock_.now() + 10s);
}

TEST_F(HubHostTable, TheWallClockDecidesNothing) {
  take("a");
  clock_.wall += 48h;
  EXPECT_TRUE(is_online("a"));
  clock_.wall -= 96h;
  clock_.pass(11s);
  EXPECT_FALSE(is_online("a"));
}

TEST_F(HubHostTable, SaysWhenTheNextOneGoesOffline) {
  EXPECT_EQ(table_.next_refresh(), std::nullopt);
  take("a");
  clock_.pass(3s);
  take("b");
  const auto due = table_.next_refresh();
  ASSERT_TRUE(due);
  EXPECT_EQ(table_.refresh(*due - 1ms), Names());
  EXPECT_EQ(table_.refresh(*due), Names{"a"});
  EXPECT_EQ(table_.refresh(*due), Names());
}

TEST_F(HubHostTable, HasABoundAndRemovalMakesRoom) {
  take("a");
  take("b");
  take("c");
  const auto refused = table_.take(report_of("d"), {.moment = clock_.moment()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "there are 3 hosts already: remove one that is gone");
  take("a");  // a known one has its place
  EXPECT_TRUE(table_.remove("b"));
  EXPECT_FALSE(table_.remove("b"));
  EXPECT_EQ(table_.find("b"), nullptr);
  take("d");
}

TEST_F(HubHostTable, TellsWhatHasChangedSinceARevision) {
  take("a");
  take("b");
  const std::uint64_t seen = table_.revision();
  EXPECT_TRUE(table_.changes_since(seen).changed.empty());
  take("b");
  EXPECT_EQ(names_of(table_.changes_since(seen)), Names{"b"});
  clock_.pass(11s);
  take("b");
  (void)table_.refresh(clock_.now());
  EXPECT_EQ(names_of(table_.changes_since(seen)), (Names{"a", "b"}));
  (void)table_.remove("a");
  const HostChanges changes = table_.changes_since(seen);
  EXPECT_EQ(names_of(changes), Names{"b"});
  EXPECT_EQ(changes.removed, Names{"a"});
  EXPECT_FALSE(changes.is_everything);
  EXPECT_EQ(changes.revision, table_.revision());
  take("a");
  EXPECT_EQ(table_.changes_since(seen).removed, Names());
}

TEST_F(HubHostTable, TellsEverythingToAClientThatKnowsNone) {
  take("a");
  EXPECT_TRUE(table_.changes_since(0).is_everything);
  EXPECT_EQ(names_of(table_.changes_since(0)), Names{"a"});
  // Of another start of the hub.
  EXPECT_TRUE(table_.changes_since(table_.revision() + 1).is_everything);
}

TEST_F(HubHostTable, ForgetsRemovalsOfLongAgo) {
  take("x");
  const std::uint64_t seen = table_.revision();
  for (int i = 0; i < 1'001; ++i) {
    take("a");
    (void)table_.remove("a");
  }
  EXPECT_TRUE(table_.changes_since(seen).is_everything);
  EXPECT_FALSE(table_.changes_since(table_.revision() - 4).is_everything);
}

TEST_F(HubHostTable, CountsItsHosts) {
  auto report = report_of("a");
  report.gpu_count = 8;
  ASSERT_TRUE(table_.take(report, {.moment = clock_.moment()}));
  clock_.pass(11s);
  report.hostname = "b";
  ASSERT_TRUE(table_.take(report, {.moment = clock_.moment()}));
  (void)table_.refresh(clock_.now());
  const HostTotals totals = table_.totals();
  EXPECT_EQ(totals.hosts, 2U);
  EXPECT_EQ(totals.online, 1U);
  EXPECT_EQ(totals.gpus, 8U);
  EXPECT_EQ(totals.reports, 2U);
}

}  // namespace
}  // namespace wemol::hub
