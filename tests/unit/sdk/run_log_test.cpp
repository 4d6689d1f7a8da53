#include "run_log.h"

#include <limits>

#include <gtest/gtest.h>

#include "fake_host.h"
#include "moment.h"
#include "run_lines.h"
#include "temp_dir.h"

namespace wemol::sdk {
namespace {

using monitor::Metric;
using test::run_lines;

class RunLogTest : public testing::Test {
 protected:
  bool log(std::initializer_list<Metric> values, std::optional<std::int64_t> step = {}) {
    return lines.log(std::span(values.begin(), values.size()), step);
  }

  test::TempDir dir;
  std::filesystem::path path = dir / "run.jsonl";
  MomentPtr newest;
  RunLog lines{path, [this](FiguresPtr) { return newest ? newest->figures : nullptr; }};
};

TEST_F(RunLogTest, ALineHasStepTimeFiguresAndValues) {
  newest = make_moment(std::make_shared<HostSample>(test::sample_with_cpu(50)));
  const double before = static_cast<double>(time(nullptr));
  EXPECT_TRUE(log({{"loss", 0.5}, {"phase", "warm-up"}, {"best", true}, {"none", nullptr}}));
  const auto all = run_lines(path);
  ASSERT_EQ(all.size(), 1U);
  const nlohmann::json& line = all[0];
  EXPECT_EQ(line["_step"], 0);
  EXPECT_TRUE(line["_step"].is_number_integer());
  EXPECT_GE(line["_timestamp"].get<double>(), before);
  EXPECT_LT(line["_timestamp"].get<double>(), before + 60);
  EXPECT_EQ(line["system.cpu.usage_percent"], 50);
  EXPECT_EQ(line["loss"], 0.5);
  EXPECT_EQ(line["phase"], "warm-up");
  EXPECT_EQ(line["best"], true);
  EXPECT_TRUE(line["none"].is_null());
}

TEST_F(RunLogTest, TheCallersValuesWin) {
  newest = make_moment(std::make_shared<HostSample>(test::sample_with_cpu(50)));
  EXPECT_TRUE(log({{"system.cpu.usage_percent", 1},
                   {"_timestamp", 123},
                   {"loss", 1},
                   {"loss", 2},
                   {"system.memory.used_bytes", "much"}}));
  std::ifstream input(path);
  std::string text;
  std::getline(input, text);
  for (const char* const name : {"system.cpu.usage_percent", "_timestamp", "loss", "_step"}) {
    const std::string key = "\"" + std::string(name) + "\":";
    EXPECT_EQ(text.find(key), text.rfind(key)) << name << " is there twice";
  }
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line["system.cpu.usage_percent"], 1);
  EXPECT_EQ(line["_timestamp"], 123);
  EXPECT_EQ(line["loss"], 2);
  EXPECT_EQ(line["system.memory.used_bytes"], "much");
}

TEST_F(RunLogTest, StepsGoOnFromWhereTheyAre) {
  EXPECT_TRUE(log({}));
  EXPECT_TRUE(log({}, 10));
  EXPECT_TRUE(log({}));
  EXPECT_TRUE(log({{"_step", 20}}));
  EXPECT_TRUE(log({{"_step", std::size_t{30}}}));
  EXPECT_TRUE(log({}));
  EXPECT_TRUE(log({{"_step", "odd"}}));
  EXPECT_TRUE(log({}, std::numeric_limits<std::int64_t>::max()));
  EXPECT_TRUE(log({}));
  std::vector<nlohmann::json> steps;
  for (const nlohmann::json& line : run_lines(path)) {
    steps.push_back(line["_step"]);
  }
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(steps, (std::vector<nlohmann::json>{0, 10, 11, 20, 30, 31, "odd", kLast, kLast}));
}

TEST_F(RunLogTest, ARunThatIsContinuedContinuesItsSteps) {
  EXPECT_TRUE(log({}, 41));
  RunLog next(path, [](FiguresPtr) { return nullptr; });
  EXPECT_TRUE(next.log({}, {}));
  EXPECT_EQ(run_lines(path).back()["_step"], 42);
}

TEST_F(RunLogTest, FiguresAloneKeepTheStep) {
  newest = make_moment(std::make_shared<HostSample>(test::sample_with_cpu(50)));
  constexpr std::array<std::string_view, 1> kAll{""};
  constexpr std::array<std::string_view, 1> kGpu{"gpu."};
  EXPECT_TRUE(lines.log_figures(*newest->figures, kAll));
  EXPECT_TRUE(log({{"loss", 1}}, 5));
  EXPECT_TRUE(lines.log_figures(*newest->figures, kAll));
  EXPECT_FALSE(lines.log_figures(*newest->figures, kGpu)) << "there is no GPU";
  const Metric custom{"custom.temperature", 45.2};
  EXPECT_TRUE(lines.log_in_step({&custom, 1}));
  EXPECT_TRUE(log({{"loss", 1}}));
  const auto all = run_lines(path);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0]["_step"], 0);
  EXPECT_EQ(all[2]["_step"], 5);
  EXPECT_EQ(all[2]["system.cpu.usage_percent"], 50);
  EXPECT_EQ(all[3]["_step"], 5);
  EXPECT_EQ(all[3]["custom.temperature"], 45.2);
  EXPECT_EQ(all[3]["system.cpu.usage_percent"], 50);
  EXPECT_EQ(all[4]["_step"], 6);
  monitor::RunStatus status;
  lines.tell(status);
  EXPECT_EQ(status.lines_lost, 0U);
}

TEST_F(RunLogTest, NothingToWriteMakesNoFile) {
  newest = make_moment(std::make_shared<HostSample>(test::sample_with_cpu(50)));
  constexpr std::array<std::string_view, 1> kGpu{"gpu."};
  EXPECT_FALSE(lines.log_figures(*newest->figures, kGpu));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(RunLogTest, ALineHoldsNoSample) {
  auto sample = std::make_shared<HostSample>(test::sample_with_cpu(50));
  const std::weak_ptr<HostSample> watched = sample;
  newest = make_moment(std::move(sample));
  EXPECT_TRUE(log({{"loss", 1}}));
  newest.reset();
  EXPECT_TRUE(watched.expired()) << "else a later log() frees it, with all its processes";
}

TEST_F(RunLogTest, ManyValuesAndOddNames) {
  std::vector<std::string> names{"", "a\"b", "a\\b", "a\nb", "日本", std::string("z\0z", 3)};
  for (int i = 0; i < 100; ++i) {
    names.push_back("value" + std::to_string(i % 90));
  }
  std::vector<Metric> values;
  for (std::size_t at = 0; at < names.size(); ++at) {
    values.push_back({names[at], at});
  }
  EXPECT_TRUE(lines.log(values, {}));
  const auto all = run_lines(path);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["a\nb"], 3);
  EXPECT_EQ(all[0][""], 0);
  EXPECT_EQ(all[0]["value5"], 6 + 95) << "the last one of a name counts";
  EXPECT_EQ(all[0].size(), 2 + 6 + 90U);
}

TEST_F(RunLogTest, LinesOfManyThreadsAreWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  newest = make_moment(std::make_shared<HostSample>(test::sample_with_cpu(50)));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int line = 0; line < kLines; ++line) {
        EXPECT_TRUE(log({{"thread", thread}, {"text", std::string(200, 'x')}}));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto all = run_lines(path);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kThreads * kLines));
  for (std::size_t at = 0; at < all.size(); ++at) {
    EXPECT_EQ(all[at]["_step"], at);
  }
}

TEST_F(RunLogTest, LostLinesAreCountedAndToldOf) {
  std::filesystem::create_directories(path);  // a folder in the file's place
  EXPECT_FALSE(log({{"loss", 1}}));
  EXPECT_FALSE(log({{"loss", 1}}));
  monitor::RunStatus status;
  lines.tell(status);
  EXPECT_EQ(status.lines_written, 0U);
  EXPECT_EQ(status.lines_lost, 2U);
  EXPECT_NE(status.last_error.find(path.string()), std::string::npos) << status.last_error;
}

TEST_F(RunLogTest, AfterTheEndNothingIsWritten) {
  EXPECT_TRUE(log({}));
  lines.close();
  EXPECT_FALSE(log({}));
  EXPECT_EQ(run_lines(path).size(), 1U);
}

}  // namespace
}  // namespace wemol::sdk
