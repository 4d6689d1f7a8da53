#include "document.h"

#include <gtest/gtest.h>

namespace wemol::report {
namespace {

Document two_modules() {
  return {.sections = {{.title = "Runs",
                        .table = Table{.columns = {{"module", Align::left},
                                                   {"p50", Align::right, "time"},
                                                   {"max", Align::right, "time"}},
                                       .rows = {{{"分子对接"}, {"1"}, {"20"}},
                                                {{"MD|x"}, {"300", Tone::warning}, {"4"}}}}}},
          .notes = {"One two three four five.", "Six."}};
}

TEST(DisplayWidth, IsInCellsOfTheTerminal) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("MD (GMX2024)"), 12U);
  EXPECT_EQ(display_width("分子对接"), 8U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U) << "an accent of its own";
  EXPECT_EQ(display_width("\xff\xfe"), 2U) << "what is no character";
  EXPECT_EQ(padded_right("对接", 6), "对接  ");
  EXPECT_EQ(padded_left("对接", 6), "  对接");
  EXPECT_EQ(padded_left("longer", 3), "longer");
}

TEST(Wrapping, CutsBetweenWordsOnly) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("one two three", 6), (Lines{"one", "two", "three"}));
  EXPECT_EQ(wrapped("unbreakable a", 3), (Lines{"unbreakable", "a"}));
  EXPECT_EQ(wrapped("对接 对接", 8), (Lines{"对接", "对接"}));
}

TEST(DocumentText, AlignsByCellsAlsoInChinese) {
  EXPECT_EQ(document_text(two_modules(), {.width = 14}),
            "Runs\n"
            "              time\n"
            "module    p50  max\n"
            "分子对接    1   20\n"
            "MD|x      300    4\n"
            "\n"
            "One two three\n"
            "four five.\n"
            "\n"
            "Six.\n");
}

TEST(DocumentText, ColorAddsNothingButColor) {
  std::string text = document_text(two_modules(), {.width = 80, .color = true});
  EXPECT_NE(text.find("\x1b[33m300\x1b[0m"), std::string::npos);
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) + 1 - at);
  }
  // Blanks at the ends of lines aside.
  EXPECT_EQ(text, document_text(two_modules(), {.width = 80}));
}

TEST(DocumentText, AWideGroupNameMakesRoom) {
  const Document document{
      .sections = {{.title = "",
                    .table = Table{.columns = {{"a", Align::left},
                                               {"b", Align::right, "a long name"},
                                               {"c", Align::right, "a long name"}},
                                   .rows = {{{"x"}, {"1"}, {"2"}}}}}},
      .notes = {}};
  EXPECT_EQ(document_text(document, {}),
            "   a long name\n"
            "a         b  c\n"
            "x         1  2\n");
}

TEST(DocumentMarkdown, EscapesWhatWouldEndACell) {
  EXPECT_EQ(document_markdown(two_modules()),
            "## Runs\n"
            "\n"
            "| module | time p50 | time max |\n"
            "|---|---:|---:|\n"
            "| 分子对接 | 1 | 20 |\n"
            "| MD\\|x | 300 | 4 |\n"
            "\n"
            "One two three four five.\n"
            "\n"
            "Six.\n");
}

TEST(DocumentMarkdown, LinesStandInABlock) {
  const Document plot{.sections = {{.title = "CPU", .lines = {"│▁█", "└──"}}}, .notes = {}};
  EXPECT_EQ(document_markdown(plot), "## CPU\n\n```\n│▁█\n└──\n```\n");
}

}  // namespace
}  // namespace wemol::report
