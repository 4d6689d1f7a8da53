// Days of nodes from their own device history.

#include "recorder_source.h"

#include <thread>

#include <gtest/gtest.h>

#include "device_files.h"
#include "device_samples.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::report::daily {
namespace {

using test::header;
using test::kMidnight;
using test::row;

class RecorderSourceTest : public testing::Test {
 protected:
  test::TempDir dir_;
  RecorderRules rules_{.piece_seconds = 600, .now_epoch = kMidnight + 30 * 86'400};
  Day day_{.date = "2026-03-10", .begin_epoch = kMidnight, .end_epoch = kMidnight + 86'400};

  NodeSettings node(const std::string& name = "node1") {
    NodeSettings settings{.name = name, .url = (dir_ / name).string()};
    settings.source = SourceKind::recorder;
    return settings;
  }
  void write(const std::string& rows, const std::string& file = "2026-03-10.csv",
             const std::string& name = "node1") {
    test::write_text(dir_ / (name + "/devices/" + file), header() + rows);
  }
  NodeDay fetch(const NodeSettings& settings) {
    return fetch_recorder_days({settings}, {day_}, rules_).at(0).at(0);
  }
};

TEST_F(RecorderSourceTest, GivesEveryPieceOfTheDay) {
  write(row(kMidnight + 60, 0, "10", "lin") + row(kMidnight + 60, 1, "33.335") +
        row(kMidnight + 120, 0, "20", "maria"));
  const NodeDay day = fetch(node());
  EXPECT_FALSE(day.failure);
  EXPECT_EQ(day.expected_buckets, 144);
  EXPECT_EQ(day.vendor, Vendor::amd);
  ASSERT_EQ(day.cards.size(), 2U);
  const CardDay& card = day.cards[0];
  ASSERT_EQ(card.buckets.size(), 144U);
  EXPECT_EQ(card.buckets[0].end_epoch, kMidnight + 600);
  EXPECT_EQ(card.buckets[143].end_epoch, kMidnight + 86'400);
  EXPECT_EQ(card.buckets[0].utilization_percent, Number(std::int64_t{15})) << "an integer is one";
  EXPECT_EQ(card.buckets[0].memory_percent, Number(std::int64_t{25}));
  EXPECT_FALSE(card.buckets[1].utilization_percent);
  EXPECT_EQ(day.cards[1].buckets[0].utilization_percent, Number(33.335));
  EXPECT_EQ(card.users, (std::vector<std::string>{"lin", "maria"}));
  ASSERT_EQ(card.holds.size(), 2U);
  EXPECT_EQ(card.holds[1].begin_epoch, kMidnight + 60);
  EXPECT_EQ(card.holds[1].end_epoch, kMidnight + 120);
  EXPECT_TRUE(day.cards[1].users.empty());
}

TEST_F(RecorderSourceTest, ADayThatGoesOnExpectsWhatIsOver) {
  write(row(kMidnight + 60, 0, "10"));
  rules_.now_epoch = kMidnight + 1500;
  const NodeDay day = fetch(node());
  EXPECT_EQ(day.expected_buckets, 3);
  EXPECT_EQ(day.cards.at(0).buckets.size(), 3U);
}

TEST_F(RecorderSourceTest, TheWritersZoneNeedNotBeTheReaders) {
  // The writer is in Honolulu: its file of the day before has the first hours.
  std::string rows = "2026-03-09T14:01:00-10:00,0,AMD-0,MI300X,40,25,196608,,,-\r\n";
  write(rows, "2026-03-09.csv");
  write(row(kMidnight + 86'400, 0, "50"), "2026-03-10.csv");
  const NodeDay day = fetch(node());
  ASSERT_EQ(day.cards.size(), 1U);
  EXPECT_EQ(day.cards[0].buckets[0].utilization_percent, Number(std::int64_t{40}));
  EXPECT_EQ(day.cards[0].buckets[143].utilization_percent, Number(std::int64_t{50}));
}

TEST_F(RecorderSourceTest, CompressedDaysAreTheSame) {
  write(row(kMidnight + 60, 0, "10", "lin") + row(kMidnight + 120, 0, "21", "lin"));
  const NodeDay plain = fetch(node());
  auto file = parse_device_file_name("2026-03-10.csv").value();
  file.path = dir_ / "node1/devices/2026-03-10.csv";
  ASSERT_TRUE(compress_device_file(file));
  const NodeDay packed = fetch(node());
  ASSERT_EQ(packed.cards.size(), 1U);
  EXPECT_EQ(packed.cards[0].buckets[0].utilization_percent,
            plain.cards[0].buckets[0].utilization_percent);
  EXPECT_EQ(packed.cards[0].users, plain.cards[0].users);
}

TEST_F(RecorderSourceTest, SettingsNameCardsAndIndices) {
  write(row(kMidnight + 60, 0, "10") + row(kMidnight + 60, 1, "20"));
  NodeSettings settings = node();
  settings.cards = {1, 9, 17};
  settings.ids = {{"AMD-0", 1}, {"AMD-1", 0}};
  const NodeDay day = fetch(settings);
  ASSERT_EQ(day.cards.size(), 3U);
  EXPECT_EQ(day.cards[0].uuid, "AMD-1");
  EXPECT_EQ(day.cards[0].card, 1U);
  EXPECT_EQ(day.cards[1].uuid, "AMD-0");
  EXPECT_EQ(day.cards[1].card, 9U);
  EXPECT_EQ(day.cards[2].card, 17U);
  EXPECT_TRUE(day.cards[2].failure) << "it has no rows";
  EXPECT_TRUE(day.cards[2].are_users_unknown);
}

TEST_F(RecorderSourceTest, TwoCardsOfOneIndexAreBothThere) {
  write(
      "2026-03-10T00:01:00+00:00,0,AMD-old,MI300X,1,2,3,,,-\r\n"
      "2026-03-10T12:01:00+00:00,0,AMD-new,MI300X,4,5,6,,,-\r\n");
  const NodeDay day = fetch(node());
  ASSERT_EQ(day.cards.size(), 2U);
  EXPECT_EQ(day.cards[0].index, 0U);
  EXPECT_EQ(day.cards[1].index, 1U);
  EXPECT_TRUE(day.cards[1].failure);
}

TEST_F(RecorderSourceTest, NvidiaIsToldByItsUuids) {
  write("2026-03-10T00:01:00+00:00,0,GPU-5c1b6fd4-e52e,NVIDIA L4,1,2,3,,,-\r\n");
  EXPECT_EQ(fetch(node()).vendor, Vendor::nvidia);
}

TEST_F(RecorderSourceTest, ANodeWithoutHistoryFailsAndOthersGoOn) {
  write(row(kMidnight + 60, 0, "10"), "2026-03-10.csv", "node2");
  NodeSettings missing = node();
  missing.cards = {1};
  const auto days = fetch_recorder_days({missing, node("node2")}, {day_}, rules_);
  ASSERT_TRUE(days[0][0].failure);
  EXPECT_EQ(days[0][0].cards.size(), 1U) << "the card of the settings";
  EXPECT_FALSE(days[0][1].failure);
}

TEST_F(RecorderSourceTest, SingleDaysAreOnesOfAllThatWereRead) {
  write(row(kMidnight + 60, 0, "10"));
  write(row(kMidnight + 86'460, 0, "70"), "2026-03-11.csv");
  Day next{
      .date = "2026-03-11", .begin_epoch = day_.end_epoch, .end_epoch = day_.end_epoch + 86'400};
  const auto read = recorder_days({node()}, {day_, next}, rules_);
  std::vector<std::thread> threads;
  std::vector<NodeDay> days(2);
  threads.emplace_back([&] { days[0] = read(node(), day_); });
  threads.emplace_back([&] { days[1] = read(node(), next); });
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(days[0].cards.at(0).buckets[0].utilization_percent, Number(std::int64_t{10}));
  EXPECT_EQ(days[1].cards.at(0).buckets[0].utilization_percent, Number(std::int64_t{70}));
}

}  // namespace
}  // namespace wemol::report::daily
