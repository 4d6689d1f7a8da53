#include "history_file.h"

#include <sqlite3.h>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

/// A whole multiple of 60 h, so that it begins a chunk of each level.
constexpr WallTime kBegin{8'314 * 216'000s};

class HubHistoryFile : public testing::Test {
 protected:
  HubHistoryFile() { settings_.file = dir_ / "history.db"; }

  void open() {
    file_.reset();
    auto opened = HistoryFile::open(settings_, steady_);
    ASSERT_TRUE(opened) << opened.error().message;
    file_ = std::move(*opened);
  }
  void write(WallTime time, Figures figures, const std::string& host = "gpu7") {
    const std::vector<HistorySample> samples{{host, time, std::move(figures)}};
    const auto written = file_->append(samples, steady_);
    ASSERT_TRUE(written) << written.error().message;
  }
  std::size_t fold() {
    steady_ += HistoryFile::kFoldAfter;
    const auto folded = file_->fold(steady_, 100);
    EXPECT_TRUE(folded) << folded.error().message;
    return folded.value_or(0);
  }
  [[nodiscard]] HistoryAnswer ask(const std::string& metric, WallTime from, WallTime to,
                                  std::chrono::seconds step, const std::string& host = "gpu7") {
    const auto answer = file_->query({host, {metric}, from, to, step}, to);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(HistoryAnswer());
  }
  [[nodiscard]] std::vector<HistoryPoint> points(const std::string& metric, WallTime from,
                                                 WallTime to, std::chrono::seconds step,
                                                 const std::string& host = "gpu7") {
    const HistoryAnswer answer = ask(metric, from, to, step, host);
    EXPECT_LE(answer.series.size(), 1U);
    return answer.series.empty() ? std::vector<HistoryPoint>() : answer.series.front().points;
  }
  /// Asks the file itself.
  [[nodiscard]] std::int64_t count(const std::string& sql) {
    auto database = Database::open(settings_.file);
    return database->integer(sql).value_or(-1);
  }

  test::TempDir dir_;
  HistorySettings settings_;
  SteadyTime steady_{1000s};
  std::unique_ptr<HistoryFile> file_;
};

void expect_point(const HistoryPoint& point, WallTime time, double min, double mean, double max) {
  EXPECT_EQ(point.time, time);
  EXPECT_DOUBLE_EQ(point.min, min);
  EXPECT_DOUBLE_EQ(point.mean, mean);
  EXPECT_DOUBLE_EQ(point.max, max);
}

TEST_F(HubHistoryFile, AnswersFromTheJournalAndFromChunksAlike) {
  open();
  for (int i = 0; i < 24; ++i) {
    write(kBegin + i * 5s, {{"gpu.0.temp", 40.0 + i}, {"gpu.1.temp", 30.0}});
  }
  const auto check_all = [&] {
    const auto ten = points("gpu.0.temp", kBegin, kBegin + 2min, 10s);
    ASSERT_EQ(ten.size(), 12U);
    expect_point(ten[0], kBegin, 40, 40.5, 41);
    expect_point(ten[11], kBegin + 110s, 62, 62.5, 63);
    const auto minutes = points("gpu.0.temp", kBegin, kBegin + 2min, 60s);
    ASSERT_EQ(minutes.size(), 2U);
    expect_point(minutes[1], kBegin + 60s, 52, 57.5, 63);
    const auto whole = points("gpu.0.temp", kBegin, kBegin + 2min, 600s);
    ASSERT_EQ(whole.size(), 1U);
    expect_point(whole[0], kBegin, 40, 51.5, 63);
    EXPECT_EQ(ask("gpu.*.temp", kBegin, kBegin + 2min, 60s).series.size(), 2U);
    EXPECT_TRUE(points("gpu.0.power", kBegin, kBegin + 2min, 60s).empty());
    EXPECT_TRUE(points("gpu.0.temp", kBegin, kBegin + 2min, 60s, "other").empty());
  };
  EXPECT_EQ(file_->unfolded_rows(), 24U);
  check_all();
  EXPECT_EQ(fold(), 1U);
  EXPECT_EQ(file_->unfolded_rows(), 0U);
  check_all();
  open();
  check_all();
}

TEST_F(HubHistoryFile, TakesBothTogetherInOneStep) {
  open();
  write(kBegin, {{"a", 1}});
  write(kBegin + 1s, {{"a", 3}});
  EXPECT_EQ(fold(), 1U);
  write(kBegin + 2s, {{"a", 8}});
  expect_point(points("a", kBegin, kBegin + 10s, 10s).at(0), kBegin, 1, 4, 8);
  EXPECT_EQ(fold(), 1U);
  expect_point(points("a", kBegin, kBegin + 10s, 10s).at(0), kBegin, 1, 4, 8);
}

TEST_F(HubHistoryFile, FoldsWhatIsOldEnough) {
  open();
  write(kBegin, {{"a", 1}});
  EXPECT_EQ(*file_->fold(steady_ + HistoryFile::kFoldAfter - 1s, 100), 0U);
  write(kBegin, {{"a", 1}}, "other");
  EXPECT_EQ(*file_->fold(steady_ + HistoryFile::kFoldAfter, 1), 1U);
  EXPECT_EQ(file_->unfolded_rows(), 1U);
}

TEST_F(HubHistoryFile, FoldsEachRowOnce) {
  open();
  write(kBegin, {{"a", 1}});
  EXPECT_EQ(fold(), 1U);
  open();
  EXPECT_EQ(file_->unfolded_rows(), 0U);
  EXPECT_EQ(fold(), 0U);
  // Even when all rows are gone: numbers of rows are not used again.
  while (*file_->trim_journal()) {
  }
  EXPECT_EQ(count("SELECT count(*) FROM journal"), 0);
  open();
  write(kBegin + 1s, {{"a", 3}});
  open();
  EXPECT_EQ(file_->unfolded_rows(), 1U);
  expect_point(points("a", kBegin, kBegin + 10s, 10s).at(0), kBegin, 1, 2, 3);
}

TEST_F(HubHistoryFile, TrimsTheJournalOnlyUpToWhatSomeHostStillNeeds) {
  open();
  write(kBegin, {{"a", 1}}, "first");
  write(kBegin, {{"a", 1}}, "second");
  EXPECT_EQ(*file_->fold(steady_ + HistoryFile::kFoldAfter, 1), 1U);
  EXPECT_EQ(*file_->trim_journal(), false);
  EXPECT_EQ(count("SELECT count(*) FROM journal"), 1);
  EXPECT_EQ(points("a", kBegin, kBegin + 10s, 10s, "second").size(), 1U);
}

TEST_F(HubHistoryFile, TakesLateSamplesAndAClockThatWasSetBack) {
  open();
  write(kBegin + 2h, {{"a", 10}});
  EXPECT_EQ(fold(), 1U);
  write(kBegin, {{"a", 20}});
  write(kBegin + 2h, {{"a", 30}});
  EXPECT_EQ(fold(), 1U);
  const auto hours = points("a", kBegin, kBegin + 3h, 3600s);
  ASSERT_EQ(hours.size(), 2U);
  expect_point(hours[0], kBegin, 20, 20, 20);
  expect_point(hours[1], kBegin + 2h, 10, 20, 30);
}

TEST_F(HubHistoryFile, TakesAnyTime) {
  open();
  for (const WallTime time : {WallTime::min(), WallTime(-1s), WallTime::max()}) {
    write(time, {{"a", 1}});
  }
  EXPECT_EQ(fold(), 1U);
  EXPECT_EQ(points("a", WallTime(0s), WallTime(10s), 10s).size(), 1U);
}

TEST_F(HubHistoryFile, RoundsAStepUpToTheLevels) {
  open();
  EXPECT_EQ(ask("a", kBegin, kBegin + 1h, 1s).step, 10s);
  EXPECT_EQ(ask("a", kBegin, kBegin + 1h, 15s).step, 20s);
  EXPECT_EQ(ask("a", kBegin, kBegin + 1h, 61s).step, 120s);
  EXPECT_EQ(ask("a", kBegin, kBegin + 1h, 3600s).step, 3600s);
  // The finest levels do not reach so far back.
  EXPECT_EQ(ask("a", kBegin - 25h, kBegin, 10s).step, 60s);
  EXPECT_EQ(ask("a", kBegin - 15 * 24h, kBegin, 300s).step, 600s);
}

TEST_F(HubHistoryFile, ContainersLeaveNoNamesBehind) {
  open();
  for (int i = 0; i < 50; ++i) {
    write(kBegin, {{"container.task_" + std::to_string(i) + ".cpu_percent", 1.0 * i}});
  }
  EXPECT_EQ(fold(), 1U);
  EXPECT_EQ(count("SELECT count(*) FROM metric"), 1);
  EXPECT_EQ(ask("container.*.cpu_percent", kBegin, kBegin + 10s, 10s).series.size(), 50U);
  expect_point(points("container.task_7.cpu_percent", kBegin, kBegin + 10s, 10s).at(0), kBegin, 7,
               7, 7);
}

TEST_F(HubHistoryFile, DropsWhatIsTooOld) {
  open();
  write(kBegin, {{"a", 1}});
  write(kBegin + 30h, {{"a", 2}});
  EXPECT_EQ(fold(), 1U);
  EXPECT_EQ(count("SELECT count(*) FROM chunk"), 2 + 2 + 1);
  ASSERT_TRUE(file_->drop_old(kBegin + 30h));
  EXPECT_EQ(count("SELECT count(*) FROM chunk"), 1 + 2 + 1);
  // The finest level no longer has it, the others do.
  EXPECT_EQ(points("a", kBegin, kBegin + 31h, 60s).size(), 2U);
}

TEST_F(HubHistoryFile, AWrongClockDoesNotEmptyIt) {
  open();
  write(kBegin, {{"a", 1}});
  EXPECT_EQ(fold(), 1U);
  ASSERT_TRUE(file_->drop_old(kBegin));
  ASSERT_TRUE(file_->drop_old(kBegin + 70'000h));
  open();
  ASSERT_TRUE(file_->drop_old(kBegin + 70'000h));
  EXPECT_EQ(points("a", kBegin, kBegin + 1h, 600s).size(), 1U);
  // Nor does one that was set back.
  ASSERT_TRUE(file_->drop_old(WallTime(0s)));
  EXPECT_EQ(points("a", kBegin, kBegin + 1h, 600s).size(), 1U);
}

TEST_F(HubHistoryFile, DropsTheOldestOfTheFinestWhenItIsTooLarge) {
  settings_.most_bytes = 350'000;
  open();
  for (int hour = 0; hour < 20; ++hour) {
    Figures figures;
    for (int i = 0; i < 1'000; ++i) {
      figures.push_back({"figure" + std::to_string(1000 + i), 1.0 * i * hour});
    }
    write(kBegin + hour * 1h, figures);
  }
  EXPECT_EQ(fold(), 1U);
  while (*file_->trim_journal()) {
  }
  const WallTime now = kBegin + 19h;
  ASSERT_GT(*file_->used_bytes(), settings_.most_bytes);
  while (*file_->drop_excess(now)) {
  }
  EXPECT_LE(*file_->used_bytes(), settings_.most_bytes);
  // The coarsest has all, the finest has the newest.
  EXPECT_EQ(points("figure1001", kBegin, kBegin + 20h, 600s).size(), 20U);
  const auto fine = points("figure1001", kBegin, kBegin + 20h, 10s);
  ASSERT_FALSE(fine.empty());
  EXPECT_LT(fine.size(), 20U);
  EXPECT_EQ(fine.back().time, now);
}

TEST_F(HubHistoryFile, ForgetsAHost) {
  open();
  write(kBegin, {{"a", 1}});
  write(kBegin, {{"a", 1}}, "other");
  EXPECT_EQ(fold(), 2U);
  write(kBegin, {{"a", 1}});
  ASSERT_TRUE(file_->forget("gpu7"));
  EXPECT_TRUE(points("a", kBegin, kBegin + 10s, 10s).empty());
  // It may come again while its past is still being deleted.
  write(kBegin, {{"a", 5}});
  while (*file_->drop_forgotten()) {
  }
  open();
  expect_point(points("a", kBegin, kBegin + 10s, 10s).at(0), kBegin, 5, 5, 5);
  EXPECT_EQ(count("SELECT count(*) FROM chunk"), 3);
  EXPECT_EQ(points("a", kBegin, kBegin + 10s, 10s, "other").size(), 1U);
  EXPECT_TRUE(file_->forget("nobody"));
}

TEST_F(HubHistoryFile, RefusesTooLargeAnAnswer) {
  open();
  Figures figures;
  for (int i = 100; i < 200; ++i) {
    figures.push_back({"gpu." + std::to_string(i) + ".temp", 1});
  }
  write(kBegin, figures);
  const HistoryQuery query{"gpu7", {"gpu.*.temp"}, kBegin, kBegin + 28h, 10s};
  const auto answer = file_->query(query, kBegin);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("too many points"), std::string::npos);
}

TEST_F(HubHistoryFile, OfAnotherVersionOrNoneOfOursIsLeftAlone) {
  open();
  file_.reset();
  ASSERT_TRUE(Database::open(settings_.file)->execute("PRAGMA user_version = 2"));
  auto refused = HistoryFile::open(settings_, steady_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("its version is 2, this program writes 1"),
            std::string::npos)
      << refused.error().message;
  ASSERT_TRUE(Database::open(settings_.file)->execute("PRAGMA application_id = 1"));
  refused = HistoryFile::open(settings_, steady_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no history of wemol-hub"), std::string::npos);

  settings_.file = dir_ / "text";
  test::write_text(settings_.file, std::string(5000, 'x'));
  EXPECT_FALSE(HistoryFile::open(settings_, steady_));
  EXPECT_EQ(test::read_text(settings_.file), std::string(5000, 'x'));
  settings_.file = dir_ / "no";
  settings_.file /= "folder";
  EXPECT_FALSE(HistoryFile::open(settings_, steady_));
}

TEST_F(HubHistoryFile, ADamagedChunkCostsItself) {
  open();
  write(kBegin, {{"a", 1}});
  EXPECT_EQ(fold(), 1U);
  file_.reset();
  ASSERT_TRUE(Database::open(settings_.file)->execute("UPDATE chunk SET steps = x'ffff'"));
  open();
  EXPECT_TRUE(points("a", kBegin, kBegin + 10s, 10s).empty());
  write(kBegin, {{"a", 2}});
  EXPECT_EQ(fold(), 1U);
  EXPECT_EQ(points("a", kBegin, kBegin + 10s, 10s).size(), 1U);
}

}  // namespace
}  // namespace wemol::hub
