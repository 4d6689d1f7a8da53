#include "plot.h"

#include <gtest/gtest.h>

namespace wemol::report {
namespace {

TEST(Plot, DrawsBarsInEighthsWithLabelsAndAxes) {
  const Plot plot{.columns = {0, 1, 2, 4, 8, std::nullopt, 16},
                  .top = 16,
                  .top_label = "16",
                  .begin_label = "a",
                  .end_label = "b",
                  .rows = 2};
  EXPECT_EQ(plot_lines(plot),
            (std::vector<std::string>{"        16 │      █", "         0 │▁▁▂▄█ █",
                                      "           └───────", "            a     b"}));
}

TEST(Plot, AKnownZeroIsALineAndNoBlank) {
  const Plot plot{.columns = {0, std::nullopt, 0}, .top = 0, .top_label = "0", .rows = 1};
  EXPECT_EQ(plot_lines(plot).front(), "         0 │▁ ▁");
}

TEST(Plot, TheLowestBarMayStandForAnything) {
  const Plot plot{.columns = {-4, -2, 0},
                  .top = 0,
                  .bottom = -4,
                  .top_label = "0",
                  .bottom_label = "-4",
                  .rows = 2};
  EXPECT_EQ(plot_lines(plot)[0], "         0 │  █");
  EXPECT_EQ(plot_lines(plot)[1], "        -4 │▁██");
  const Plot flat{.columns = {3, 3}, .top = 3, .bottom = 3, .rows = 1};
  EXPECT_EQ(plot_lines(flat)[0], "           │▁▁");
}

TEST(Plot, LongTimeLabelsStandBehindEachOther) {
  const Plot plot{.columns = {1}, .begin_label = "10:00:00", .end_label = "11:00:00", .rows = 1};
  EXPECT_EQ(plot_lines(plot).back(), "            10:00:00 to 11:00:00");
}

}  // namespace
}  // namespace wemol::report
