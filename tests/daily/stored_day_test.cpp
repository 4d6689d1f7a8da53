// Reading a day back: own files with any titles, and those of the script.

#include "stored_day.h"

#include <gtest/gtest.h>

#include "day_files.h"
#include "node_day_samples.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::report::daily {
namespace {

using test::kDay;

class StoredDay : public testing::TestWithParam<Titles> {
 protected:
  void write(const std::string& name, const std::string& text) {
    wemol::test::write_text(dir_.path() / node_.name / "2025-08-01" / name, text);
  }

  wemol::test::TempDir dir_;
  NodeSettings node_{.name = "gpu4", .cards = {1, 9, 17, 25, 33, 41, 49, 57}};
};

TEST_P(StoredDay, IsWhatWasWritten) {
  for (NodeDay node : {test::amd_node(), test::nvidia_node()}) {
    const FiguresRules rules{.piece_seconds = test::kPiece, .now_epoch = kDay.end_epoch};
    const NodeOfDay of_day{kDay, node, figures_of(node, kDay, rules, false)};
    const auto folder = DataFolder::open(dir_.path());
    ASSERT_TRUE(folder->write({of_day}, *Zone::of("Asia/Taipei"), {.titles = GetParam()}).at(0));
    node_.name = node.node;
    const auto stored = read_stored_day(dir_.path(), node_, kDay);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->vendor, node.vendor);
    const NodeFigures figures = figures_of(*stored, kDay, rules, true);
    ASSERT_EQ(figures.cards.size(), of_day.figures.cards.size());
    for (std::size_t i = 0; i < figures.cards.size(); ++i) {
      const CardFigures& before = of_day.figures.cards[i];
      EXPECT_EQ(figures.cards[i].index, before.index);
      EXPECT_EQ(figures.cards[i].utilization.value(), before.utilization.value());
      EXPECT_EQ(figures.cards[i].memory.value(), before.memory.value());
      EXPECT_EQ(figures.cards[i].users, before.users);
      EXPECT_EQ(figures.cards[i].failure.has_value(), before.failure.has_value());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Titles, StoredDay, testing::Values(Titles::chinese, Titles::english));

TEST_F(StoredDay, OfTheOldScriptHasCardsForNamesAndNoUsers) {
  write("average_2025-08-01.csv",
        "GPU卡號,平均GPU使用率(%),平均VRAM使用率(%)\ngpu1,12.34,56.78\ngpu9,23.45,67.89\n"
        "全部平均,18.75,62.33\n");
  write("gpu1_2025-08-01.csv",
        "時間戳,日期時間,GPU使用率(%),VRAM使用率(%)\n1753999200,\"2025-08-01 "
        "06:00:00\",12.34,56.78\n");
  write(
      "gpu9_2025-08-01.csv",
      "時間戳,日期時間,GPU使用率(%),VRAM使用率(%)\n1753999200,\"2025-08-01 06:00:00\",23,67.89\n");
  const auto stored = read_stored_day(dir_.path(), node_, kDay);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->cards.size(), 2U);
  EXPECT_EQ(stored->cards[1].index, 1U);
  EXPECT_EQ(stored->cards[1].card, 9U);
  ASSERT_EQ(stored->cards[1].buckets.size(), 1U);
  EXPECT_EQ(stored->cards[1].buckets[0].utilization_percent, Number(std::int64_t{23}));
  EXPECT_FALSE(stored->tasks);
}

TEST_F(StoredDay, OfTheScriptWithUsersIsReadToo) {
  write("average_2025-08-01.csv",
        "GPU編號,平均GPU使用率(%),平均VRAM使用率(%),使用者\r\nGPU[0],0.00,0.14,未使用\r\n"
        "GPU[3],18.17,82.27,nycubme\r\n全部平均,4.81,20.81,所有使用者\r\n");
  write("gpu3_2025-08-01.csv", "時間戳,日期時間,GPU使用率(%),VRAM使用率(%)\n1753999200,x,1,2\n");
  const auto stored = read_stored_day(dir_.path(), node_, kDay);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->cards.size(), 2U);
  EXPECT_TRUE(stored->cards[0].users.empty());
  EXPECT_TRUE(stored->cards[0].failure);  // its own file is not there
  EXPECT_EQ(stored->cards[1].users, (std::vector<std::string>{"nycubme"}));
  EXPECT_FALSE(stored->cards[1].failure);
}

TEST_F(StoredDay, UsersThatNobodyKnewAreNotNobody) {
  const FiguresRules rules{.piece_seconds = test::kPiece, .now_epoch = kDay.end_epoch};
  const auto written_and_read = [&](const NodeDay& node, bool knows_users) {
    const NodeOfDay of_day{kDay, node, figures_of(node, kDay, rules, knows_users)};
    const auto folder = DataFolder::open(dir_.path());
    EXPECT_TRUE(folder->write({of_day}, *Zone::of("Asia/Taipei"), {}).at(0));
    auto stored = read_stored_day(dir_.path(), node_, kDay).value_or(NodeDay{});
    return figures_of(stored, kDay, rules, stored.tasks.has_value());
  };
  NodeDay node = test::amd_node();
  node.tasks.reset();
  EXPECT_FALSE(written_and_read(node, false).cards.at(0).users) << "nobody was asked";

  node_.source = SourceKind::recorder;
  node.cards[1].are_users_unknown = true;
  const NodeFigures figures = written_and_read(node, true);
  EXPECT_EQ(figures.cards.at(0).users, std::vector<std::string>{});
  EXPECT_FALSE(figures.cards.at(1).users);
}

TEST_F(StoredDay, WhatIsNotThereIsAFailure) {
  EXPECT_FALSE(read_stored_day(dir_.path(), node_, kDay));
}

TEST_F(StoredDay, BadLinesAreSaid) {
  write("average_2025-08-01.csv", "GPU編號,a,b,c\nGPU[0],0.00,0.14,a\nGPU[x],1,1,b\n");
  write("gpu0_2025-08-01.csv", "h,h,h,h\n1753999200,\"t\",1,2\nnonsense\n1754020800,\"t\",1\n");
  const auto stored = read_stored_day(dir_.path(), node_, kDay);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->cards.size(), 1U);
  ASSERT_TRUE(stored->cards[0].failure);
  EXPECT_NE(stored->cards[0].failure->find("2 bad lines"), std::string::npos);
}

}  // namespace
}  // namespace wemol::report::daily
