// The files of a day, byte for byte.

#include "day_texts.h"

#include <gtest/gtest.h>

#include "csv.h"
#include "node_day_samples.h"
#include "text_file.h"

namespace wemol::report::daily {
namespace {

using test::kDay;
using test::kPiece;

struct Golden {
  const char* titles_name;
  Titles titles;
  NodeDay node;
  unsigned card;
};

class DayTexts : public testing::TestWithParam<int> {
 protected:
  static Golden golden(int which) {
    const bool is_english = which % 2 == 1;
    const bool is_amd = which < 2;
    return {is_english ? "en" : "zh", is_english ? Titles::english : Titles::chinese,
            is_amd ? test::amd_node() : test::nvidia_node(), is_amd ? 2U : 0U};
  }
  static NodeFigures figures(const NodeDay& node, bool null_as_zero = false) {
    return figures_of(
        node, kDay,
        {.null_as_zero = null_as_zero, .piece_seconds = kPiece, .now_epoch = kDay.end_epoch},
        false);
  }
  static std::string expected(const Golden& golden, const std::string& file) {
    return wemol::test::read_text(std::filesystem::path(WEMOL_GOLDEN) / golden.titles_name /
                                  golden.node.node / file);
  }
};

TEST_P(DayTexts, OfACardAreThoseWrittenByHand) {
  const Golden golden = DayTexts::golden(GetParam());
  const Zone zone = *Zone::of("Asia/Taipei");
  EXPECT_EQ(card_csv(golden.node.cards[golden.card], zone, words_of(golden.titles), false),
            expected(golden, "gpu" + std::to_string(golden.card) + "_2025-08-01.csv"));
}

TEST_P(DayTexts, OfTheMeansAreThoseWrittenByHand) {
  const Golden golden = DayTexts::golden(GetParam());
  EXPECT_EQ(average_csv(figures(golden.node), words_of(golden.titles)),
            expected(golden, "average_2025-08-01.csv"));
}

TEST_P(DayTexts, ForPeopleAreThoseWrittenByHand) {
  const Golden golden = DayTexts::golden(GetParam());
  EXPECT_EQ(summary_text(figures(golden.node), kDay, golden.node.tasks, words_of(golden.titles)),
            expected(golden, "summary_2025-08-01.txt"));
}

INSTANTIATE_TEST_SUITE_P(Golden, DayTexts, testing::Range(0, 4));

const Words& chinese() {
  return words_of(Titles::chinese);
}

TEST(DayNumbers, AreAsTheJsonHadThem) {
  EXPECT_EQ(number_text(std::int64_t{7}), "7");
  EXPECT_EQ(number_text(std::int64_t{-3}), "-3");
  EXPECT_EQ(number_text(20.0), "20.0");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(12.3456789), "12.3456789");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number_text(1e16), "1e+16");
}

TEST(DayNumbers, OfASummaryHaveTheFewestDecimals) {
  const auto line_of = [](double percent) {
    NodeDay node{.node = "n"};
    node.cards = {{.index = 0}};
    node.cards[0].buckets = {{kDay.end_epoch, percent, percent}};
    const auto figures =
        figures_of(node, kDay, {.piece_seconds = 86400, .now_epoch = kDay.end_epoch}, false);
    const std::string text = summary_text(figures, kDay, std::nullopt, chinese());
    const std::size_t begin = text.find("GPU[0]: ");
    return text.substr(begin, text.find(',', begin) - begin);
  };
  EXPECT_EQ(line_of(0), "GPU[0]: GPU使用率 = 0.0%");
  EXPECT_EQ(line_of(20.3), "GPU[0]: GPU使用率 = 20.3%");
  EXPECT_EQ(line_of(100), "GPU[0]: GPU使用率 = 100.0%");
  EXPECT_EQ(line_of(20.284), "GPU[0]: GPU使用率 = 20.28%");
  EXPECT_EQ(line_of(9.999), "GPU[0]: GPU使用率 = 10.0%");
}

TEST(DayNumbers, OfCompletenessAreNeverRoundedUpToAll) {
  EXPECT_EQ(completeness_text({140, 144}), "97.2");
  EXPECT_EQ(completeness_text({99'999, 100'000}), "99.9");
  EXPECT_EQ(completeness_text({288, 288}), "100.0");
  EXPECT_EQ(completeness_text({0, 288}), "0.0");
}

TEST(DayUsers, AreAllOfThemOrNobodyAlsoWhereNobodyKnows) {
  EXPECT_EQ(users_text(std::nullopt, chinese()), "未使用");
  EXPECT_EQ(users_text(std::vector<std::string>{}, chinese()), "未使用");
  EXPECT_EQ(users_text(std::vector<std::string>{"b", "a"}, chinese()), "b;a");
}

TEST(DayUsers, CannotBeFormulasNorLinesOfTheirOwn) {
  for (const char* const name : {"=1+1", "+1", "-1", "@SUM(A1)"}) {
    const std::vector<std::string> users{"a", name};
    EXPECT_EQ(users_text(users, chinese()), std::string("a;'") + name);
  }
  EXPECT_EQ(users_text(std::vector<std::string>{"a\nGPU[9],1,1,x"}, chinese()), "a GPU[9],1,1,x");
}

TEST(DaySummary, SaysThatTasksAreNotKnownByLeavingThemOut) {
  NodeDay node = test::amd_node();
  node.tasks.reset();
  const auto figures =
      figures_of(node, kDay, {.piece_seconds = kPiece, .now_epoch = kDay.end_epoch}, false);
  const std::string text = summary_text(figures, kDay, node.tasks, chinese());
  EXPECT_EQ(text.find("GPU 使用者任務資訊"), std::string::npos);
  EXPECT_NE(text.find("GPU[7] -> Card 57\n\n各 GPU 使用率"), std::string::npos);
  EXPECT_NE(text.find("(使用者: 未使用)"), std::string::npos);
}

TEST(DaySummary, NamesUsersThatWereAskedForAndAreNotThere) {
  NodeDay node = test::amd_node();
  node.tasks.reset();
  const FiguresRules rules{.piece_seconds = kPiece, .now_epoch = kDay.end_epoch};
  const auto summary = [&](bool knows_users) {
    return summary_text(figures_of(node, kDay, rules, knows_users), kDay, node.tasks, chinese());
  };
  EXPECT_EQ(summary(false).find("未取得"), std::string::npos) << "nobody was asked";
  node.users_failure = "the token has expired";
  EXPECT_NE(summary(false).find("\n未取得: 使用者: the token has expired\n"), std::string::npos);
  node.users_failure.reset();
  node.cards[1].are_users_unknown = true;
  EXPECT_NE(summary(true).find("\n未取得: GPU[1]: 使用者\n"), std::string::npos);
  EXPECT_EQ(summary(true).find("未取得: GPU[0]"), std::string::npos);
}

TEST(DaySummary, HasTheHeadOfTheTasksAlsoWithoutATask) {
  NodeDay node = test::amd_node();
  node.tasks->clear();
  const auto figures =
      figures_of(node, kDay, {.piece_seconds = kPiece, .now_epoch = kDay.end_epoch}, false);
  const std::string text = summary_text(figures, kDay, node.tasks, chinese());
  EXPECT_NE(text.find("GPU 使用者任務資訊:\n" + std::string(50, '-') + "\n\n各 GPU 使用率"),
            std::string::npos)
      << text;
}

TEST(DaySummary, NamesWhatOfADayIsMissing) {
  NodeDay node{.node = "gpu4", .failure = "no answer in 30 s"};
  node.cards = {{.index = 0, .card = 1}};
  const auto figures =
      figures_of(node, kDay, {.piece_seconds = kPiece, .now_epoch = kDay.end_epoch}, false);
  const std::string text = summary_text(figures, kDay, std::nullopt, chinese());
  EXPECT_NE(text.find("整體平均 GPU 使用率: N/A\n整體平均 VRAM 使用率: N/A\n資料完整度: 0.0%\n"
                      "未取得: gpu4: no answer in 30 s\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(average_csv(figures, chinese()),
            "GPU編號,平均GPU使用率(%),平均VRAM使用率(%),使用者\nGPU[0],N/A,N/A,未使用\n"
            "全部平均,N/A,N/A,所有使用者\n");
}

TEST(DayCsv, WritesZeroForNullOnlyWhereThatIsWanted) {
  const CardDay card{.buckets = {{1753999200, std::nullopt, 1.5}}};
  const Zone zone = *Zone::of("Asia/Taipei");
  EXPECT_NE(card_csv(card, zone, chinese(), false).find("06:00:00\",,1.5\n"), std::string::npos);
  EXPECT_NE(card_csv(card, zone, chinese(), true).find("06:00:00\",0,1.5\n"), std::string::npos);
}

}  // namespace
}  // namespace wemol::report::daily
