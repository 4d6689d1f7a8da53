// From a scheduler's history and the locks of cards to what is printed.

#include "queue_report.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "files.h"
#include "recorded_run.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using test::kNoon;
using wemol::test::TempDir;
using wemol::test::write_text;

constexpr const char* kHistory =
    R"({"job":17,"queue":"1","try":1,"uni_id":"compete_1","user":"alice","host":"gpu7","cards":["GPU-1"],"memory_bytes":20000000000,"started":"2026-01-15T10:00:00Z","ended":"2026-01-15T10:30:00Z","result":"failed","error_type":"oom","code":137}
{"job":17,"queue":"1","try":2,"uni_id":"compete_2","user":"alice","host":"gpu7","cards":["GPU-1","GPU-2"],"memory_bytes":24000000000,"started":"2026-01-15T11:00:00Z","ended":"2026-01-15T13:00:00Z","result":"succeeded","error_type":null,"code":0}
{"job":18,"queue":"night","try":1,"uni_id":"compete_3","user":"alice","host":"gpu7","cards":["GPU-2"],"memory_bytes":20000000000,"started":"2026-01-15T10:00:00Z","ended":"2026-01-15T10:10:00Z","result":"failed","error_type":"exit","code":3}
)";

class QueueReportText : public testing::Test {
 protected:
  [[nodiscard]] ReportOptions options(Format format) const {
    ReportOptions options;
    options.command = Command::queue;
    options.format = format;
    options.state_folders = {dir_ / "logs"};
    options.queue_lock_folder = dir_ / "locks";
    return options;
  }
  [[nodiscard]] static Result<ReportText> text_of(const ReportOptions& options) {
    return report_text(options, kNoon, {}, [](std::uint64_t, std::uint64_t) {});
  }
  [[nodiscard]] std::string printed(Format format) const {
    const auto report = text_of(options(format));
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->text : "";
  }
  void write_history(std::string_view text) const { write_text(dir_ / "logs/history.jsonl", text); }
  /// A card that this process holds.
  [[nodiscard]] UniqueFd hold_card() const {
    std::filesystem::create_directories(dir_ / "locks");
    UniqueFd fd(open((dir_ / "locks/GPU-1.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    EXPECT_EQ(flock(fd.get(), LOCK_EX | LOCK_NB), 0);
    const ordered_json holder{{"user", "x"},
                              {"uid", getuid()},
                              {"queue", "1"},
                              {"job", 19},
                              {"uni_id", "compete_4"},
                              {"keeper_pid", getpid()},
                              {"since", "2026-01-15T02:00:00Z"}};
    write_text(dir_ / ("locks/GPU-1." + std::to_string(getuid()) + ".json"), holder.dump());
    return fd;
  }

  TempDir dir_;
  wemol::test::TimeZone zone_{"UTC0"};
};

TEST_F(QueueReportText, TellsQueuesJobsAndCards) {
  write_history(kHistory);
  const UniqueFd held = hold_card();
  const std::string text = printed(Format::table);
  for (const char* const part :
       {"Queues, the most card-hours first\n"
        "queue  user   jobs  tries  succeeded  failed  OOM  canceled  run time  card-h\n"
        "1      alice     1      2          1       1    1         0   2:30:00     4.5\n"
        "night  alice     1      1          0       1    0         0   0:10:00    0.17\n",
        "17  1          2  succeeded       1 oom     2026-01-15 10:00:00  2026-01-15 13:00:00   "
        "2:30:00     4.5\n",
        "18  night      1  failed: exit 3  1 exit ", "Cards held on this host\n", "GPU-1",
        "3 tries of 2 jobs."}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }
}

TEST_F(QueueReportText, JsonHasPlainNumbers) {
  write_history(kHistory);
  const UniqueFd held = hold_card();
  const auto json = ordered_json::parse(printed(Format::json));
  EXPECT_EQ(json["command"], "queue");
  EXPECT_EQ(json["queues"][0]["card_hours"], 4.5);
  EXPECT_EQ(json["jobs"][1]["last_error_type"], "exit");
  EXPECT_EQ(json["jobs"][1]["last_code"], 3);
  EXPECT_EQ(json["jobs"][0]["last_memory_bytes"], 24'000'000'000);
  ASSERT_EQ(json["cards"].size(), 1U);
  EXPECT_EQ(json["cards"][0]["card"], "GPU-1");
  EXPECT_EQ(json["cards"][0]["job"], 19);
  EXPECT_EQ(json["cards"][0]["since"], "2026-01-15T02:00:00.000+00:00");
  EXPECT_NE(json["cards"][0]["user"], "x") << "the user database knows the name";
}

TEST_F(QueueReportText, FilesThatWerePutAsideCountAndATryInTwoOfThemOnce) {
  write_history("");
  const std::string_view all = kHistory;
  const std::size_t second = all.find('\n') + 1;
  const std::size_t third = all.find('\n', second) + 1;
  write_text(dir_ / "logs/history.2.jsonl", all.substr(0, second));
  write_text(dir_ / "logs/history.1.jsonl", all.substr(0, third));
  write_history(all.substr(third));
  EXPECT_NE(printed(Format::table).find("3 tries of 2 jobs."), std::string::npos)
      << printed(Format::table);
  EXPECT_EQ(ordered_json::parse(printed(Format::json))["folders"][0]["ended_tries"], 4);
}

TEST_F(QueueReportText, CsvHasARecordForEachJobAndItsHeaderAlways) {
  write_history(kHistory);
  const std::string csv = printed(Format::csv);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 3);
  write_history("");
  const std::string header = printed(Format::csv);
  EXPECT_EQ(header, csv.substr(0, csv.find('\n') + 1));
}

TEST_F(QueueReportText, AFolderWithoutHistoryIsNoFailureOneThatIsMissingIs) {
  const auto missing = text_of(options(Format::table));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("logs: "), std::string::npos) << missing.error().message;
  std::filesystem::create_directories(dir_ / "logs");
  const std::string text = printed(Format::table);
  EXPECT_NE(text.find("no try has ended there yet"), std::string::npos) << text;
  EXPECT_NE(text.find("Which cards are held is unknown"), std::string::npos) << text;
}

TEST_F(QueueReportText, BadLinesAreNamedAndATornEndIsNot) {
  write_history(std::string(kHistory) + "nonsense\n{\"job\": 1");
  const auto report = text_of(options(Format::json));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reading.bad_lines, 1U);
  const auto json = ordered_json::parse(report->text);
  EXPECT_EQ(json["folders"][0]["bad_lines"], 1);
  EXPECT_EQ(json["folders"][0]["torn_last_line"], true);
  EXPECT_EQ(json["folders"][0]["ended_tries"], 3);
}

TEST_F(QueueReportText, HostileNamesStayOnTheirLine) {
  write_history(
      R"({"job":1,"queue":"a\u001b[31m\nb","try":1,"user":"x\ny","ended":"2026-01-15T10:00:00Z","result":"failed","error_type":"\u0007"})"
      "\n");
  const std::string text = printed(Format::table);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_NE(text.find("a [31m b"), std::string::npos) << text;
  EXPECT_EQ(printed(Format::markdown).find('\x1b'), std::string::npos);
}

TEST_F(QueueReportText, SeveralFoldersAreToldApart) {
  write_history(kHistory);
  ReportOptions both = options(Format::table);
  std::filesystem::copy(dir_ / "logs", dir_ / "other", std::filesystem::copy_options::recursive);
  both.state_folders.push_back(dir_ / "other");
  const auto report = text_of(both);
  ASSERT_TRUE(report);
  EXPECT_NE(report->text.find("directory"), std::string::npos);
  EXPECT_NE(report->text.find("6 tries of 4 jobs."), std::string::npos) << report->text;
}

}  // namespace
}  // namespace wemol::report
