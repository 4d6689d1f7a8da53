// The report as a page and as JSON and CSV.

#include "daily_page.h"

#include <openssl/evp.h>

#include <array>
#include <regex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "line_plot.h"
#include "node_day_samples.h"

namespace wemol::report::daily {
namespace {

using test::kDay;

DailyReport report_of(std::vector<NodeDay> nodes) {
  const FiguresRules rules{.piece_seconds = test::kPiece, .now_epoch = kDay.end_epoch};
  std::vector<NodeOfDay> days;
  for (NodeDay& node : nodes) {
    NodeFigures figures = figures_of(node, kDay, rules, false);
    days.push_back({kDay, std::move(node), std::move(figures)});
  }
  return daily_report("Asia/Taipei", {kDay}, std::move(days));
}

std::string page_of(std::vector<NodeDay> nodes) {
  return daily_page(report_of(std::move(nodes)), *Zone::of("Asia/Taipei"), test::kPiece);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(DailyPage, AllowsItsStyleSheetByItsHash) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  EVP_Digest(page_style().data(), page_style().size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 45> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  std::string expected = "sha256-";
  expected.append(base64.begin(), base64.end() - 1);
  EXPECT_EQ(page_style_hash(), expected);
}

TEST(DailyPage, LoadsNothingAndRunsNothing) {
  const std::string page = page_of({test::amd_node(), test::nvidia_node()});
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const char* const part :
       {"<script", "http://", "https://", "src=", "href=", " style=", "onload"}) {
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  }
}

TEST(DailyPage, HasAPlotForEachGpuAndOneForTheNodes) {
  const std::string page = page_of({test::amd_node(), test::nvidia_node()});
  EXPECT_EQ(count_of(page, "role=\"img\""), 8U + 2U + 1U);
  EXPECT_NE(page.find("GPU 2: 20.28 %, VRAM 83.38 %; nycubme"), std::string::npos);
}

TEST(DailyPage, ShowsNamesAsTextWhateverIsInThem) {
  NodeDay node = test::amd_node();
  node.tasks->front().user = "<img src=x onerror=alert(1)>&\"'";
  node.cards[1].failure = "<b>";
  const std::string page = page_of({node});
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;"), std::string::npos);
}

LinePlot plot_of(std::vector<PlotLine::Point> points) {
  return {
      .begin_epoch = 0, .end_epoch = 6000, .piece_seconds = 600, .lines = {{"a", "#000", points}}};
}

TEST(LinePlot, HasAGapWhereAValueIsNotKnown) {
  const auto lines = [](std::vector<PlotLine::Point> points) {
    return count_of(line_plot_svg(plot_of(std::move(points))), "<polyline");
  };
  EXPECT_EQ(lines({{600, 1}, {1200, 2}, {1800, 3}, {2400, 4}}), 1U);
  EXPECT_EQ(lines({{600, 1}, {1200, 2}, {1800, std::nullopt}, {2400, 4}, {3000, 4}}), 2U);
  EXPECT_EQ(lines({{600, 1}, {1200, 2}, {2400, 4}, {3000, 4}}), 2U);
}

TEST(LinePlot, ShowsAValueBetweenTwoGapsAsAPoint) {
  const std::string svg = line_plot_svg(plot_of({{600, 1}, {1800, 50}, {3000, 4}}));
  EXPECT_EQ(count_of(svg, "<circle"), 3U);
}

TEST(LinePlot, TakesMeansWhereThereAreMorePointsThanPixels) {
  LinePlot plot{.begin_epoch = 0, .end_epoch = 600'000, .piece_seconds = 60};
  PlotLine line{.name = "a", .color = "#000"};
  for (std::int64_t at = 60; at <= 600'000; at += 60) {
    line.points.push_back({at, at % 120 == 0 ? 100.0 : 0.0});
  }
  plot.lines = {line};
  const std::string svg = line_plot_svg(plot);
  EXPECT_LT(svg.size(), 10'000U);
  EXPECT_EQ(count_of(svg, "<polyline"), 1U);
}

TEST(LinePlot, KeepsInsideItsFrameWhateverTheValues) {
  const std::string svg = line_plot_svg(plot_of({{600, -5}, {1200, 250}}));
  const std::regex points("points=\"[0-9.]+,([0-9.]+) [0-9.]+,([0-9.]+)\"");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(svg, found, points));
  EXPECT_LE(std::stod(found[1]), 110);
  EXPECT_GE(std::stod(found[2]), 0);
}

TEST(DailyJson, HasNodesDaysAndUsers) {
  const auto json = daily_json(report_of({test::amd_node(), test::nvidia_node()}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["from"], "2025-08-01");
  EXPECT_EQ(json["nodes"].size(), 2U);
  EXPECT_EQ(json["days"].size(), 10U);
  EXPECT_DOUBLE_EQ(json["nodes"][0]["gpus"][2]["utilization_percent"].get<double>(), 20.28);
  EXPECT_EQ(json["nodes"][0]["gpus"][2]["users"], nlohmann::ordered_json::array({"nycubme"}));
  EXPECT_DOUBLE_EQ(json["nodes"][0]["gpus"][2]["held_hours"].get<double>(), 24);
  EXPECT_TRUE(json["nodes"][1]["gpus"][1]["utilization_percent"].is_null());
  EXPECT_EQ(json["nodes"][1]["gpus"][1]["failure"], "HTTP 404");
  EXPECT_EQ(json["users"][0]["user"], "nycubme");
  EXPECT_DOUBLE_EQ(json["users"][0]["gpu_hours"].get<double>(), 24);
}

TEST(DailyJson, IdleHoursOfAGpuOfWhichNothingIsKnownAreNull) {
  NodeDay node = test::amd_node();
  node.cards[2].buckets.clear();
  const auto json = daily_json(report_of({node}));
  EXPECT_DOUBLE_EQ(json["nodes"][0]["gpus"][2]["held_hours"].get<double>(), 24);
  EXPECT_TRUE(json["nodes"][0]["gpus"][2]["idle_held_hours"].is_null());
  EXPECT_TRUE(user_json(report_of({node}), "nycubme")["days"][0]["idle_held_hours"].is_null());
}

TEST(DailyJson, OfAUserHasOnlyTheirGpus) {
  const auto report = report_of({test::amd_node(), test::nvidia_node()});
  const auto json = user_json(report, "alice");
  EXPECT_EQ(json["user"]["gpus"], 1);
  ASSERT_EQ(json["days"].size(), 1U);
  EXPECT_EQ(json["days"][0]["gpu"], 3);
  EXPECT_EQ(json["days"][0]["held_hours"], 6.0);
  EXPECT_TRUE(user_json(report, "nobody")["days"].empty());
}

TEST(DailyCsv, HasARowForEachGpu) {
  const std::string csv = daily_csv(report_of({test::amd_node()}));
  EXPECT_EQ(count_of(csv, "\n"), 9U);
  EXPECT_NE(csv.find("2025-08-01,gpu4,2,17,,,"), std::string::npos) << csv;
}

TEST(DailyCsv, HasItsHeadAlsoWithoutARow) {
  const std::string csv = daily_csv(report_of({{.node = "gpu4", .failure = "dead"}}));
  EXPECT_EQ(count_of(csv, "\n"), 1U);
  EXPECT_EQ(csv.substr(0, 10), "date,node,");
  EXPECT_EQ(user_csv(report_of({}), "a").substr(0, 10), "date,node,");
}

}  // namespace
}  // namespace wemol::report::daily
