#include "logged_lines.h"

#include <sys/stat.h>

#include <map>

#include <gtest/gtest.h>

#include "line_reader.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::reading {
namespace {

using test::TempDir;
using Figures = std::vector<std::pair<std::string, std::optional<double>>>;

Figures figures_of(const LoggedLine& line) {
  Figures figures;
  for (const LoggedFigure& figure : line.figures()) {
    figures.emplace_back(figure.name, figure.value);
  }
  return figures;
}

TEST(LoggedLine, HasStepTimeAndNumbers) {
  LoggedLine line;
  ASSERT_TRUE(line.parse(
      R"({"_step": 12, "_timestamp": 1768473001.25, "loss": -0.5, "epoch": 3, "lr": 1e-05,)"
      R"( "system.cpu.usage_percent": 37.5})"));
  EXPECT_EQ(line.step(), 12);
  EXPECT_EQ(line.timestamp(), 1768473001.25);
  EXPECT_EQ(
      figures_of(line),
      (Figures{{"loss", -0.5}, {"epoch", 3.0}, {"lr", 1e-05}, {"system.cpu.usage_percent", 37.5}}));
}

TEST(LoggedLine, PassesOverWhatIsNoNumberAndNotesNulls) {
  LoggedLine line;
  ASSERT_TRUE(line.parse(
      R"({"_timestamp": 1, "note": "7", "ok": true, "list": [1, {"_timestamp": 5, "x": 2}],)"
      R"( "deep": {"loss": 1, "_step": 4}, "loss": null, "last": 9})"));
  EXPECT_EQ(line.timestamp(), 1);
  EXPECT_FALSE(line.step());
  EXPECT_EQ(figures_of(line), (Figures{{"loss", std::nullopt}, {"last", 9.0}}));
}

TEST(LoggedLine, ForgetsTheLineBefore) {
  LoggedLine line;
  ASSERT_TRUE(line.parse(R"({"_step": 1, "_timestamp": 1, "a": 1, "b": 2})"));
  ASSERT_TRUE(line.parse(R"({"_timestamp": 2, "c": 3})"));
  EXPECT_FALSE(line.step());
  EXPECT_EQ(figures_of(line), (Figures{{"c", 3.0}}));
  EXPECT_FALSE(line.parse("{"));
  EXPECT_TRUE(line.figures().empty());
}

TEST(LoggedLine, SaysWhyItIsNone) {
  const std::map<std::string, std::string> troubles{
      {R"({"_timestamp": 1, "loss": 0.)", "it is no JSON"},
      {R"({"_timestamp": 1} {})", "it is no JSON"},
      {R"({"_timestamp": 1, "loss": 1e999})", "it is no JSON"},
      {"[1]", "it is no JSON object"},
      {R"([{"_timestamp": 1}])", "it is no JSON object"},
      {"7", "it is no JSON object"},
      {R"({"_step": 1, "loss": 2})", "it has no number at _timestamp"},
      {R"({"_timestamp": "1"})", "it has no number at _timestamp"},
      {R"({"_timestamp": -1})", "its _timestamp is none from 1970 to 2199"},
      {R"({"_timestamp": 1e300})", "its _timestamp is none from 1970 to 2199"}};
  for (const auto& [text, trouble] : troubles) {
    LoggedLine line;
    EXPECT_FALSE(line.parse(text)) << text;
    EXPECT_EQ(line.trouble(), trouble) << text;
  }
}

TEST(LoggedLine, ReadsStepsOfAnySize) {
  LoggedLine line;
  ASSERT_TRUE(line.parse(R"({"_timestamp": 1, "_step": -3})"));
  EXPECT_EQ(line.step(), -3);
  ASSERT_TRUE(line.parse(R"({"_timestamp": 1, "_step": 18446744073709551615})"));
  EXPECT_EQ(line.step(), INT64_MAX);
  ASSERT_TRUE(line.parse(R"({"_timestamp": 1, "_step": 1.5})"));
  EXPECT_FALSE(line.step());
}

class LoggedLines : public testing::Test {
 protected:
  Result<LoggedReading> read(std::string_view text) {
    test::write_text(dir_ / "run.jsonl", text);
    times_.clear();
    return read_logged_lines(
        dir_ / "run.jsonl", [&](const LoggedLine& line) { times_.push_back(line.timestamp()); },
        [](std::uint64_t, std::uint64_t) {});
  }

  TempDir dir_;
  std::vector<double> times_;
};

TEST_F(LoggedLines, ATornLastLineIsNoBadLine) {
  const auto reading = read("{\"_timestamp\": 1}\n{\"_timestamp\": 2}\n{\"_timestamp\": 3, \"lo");
  ASSERT_TRUE(reading);
  EXPECT_EQ(times_, (std::vector<double>{1, 2}));
  EXPECT_EQ(reading->lines, 2U);
  EXPECT_TRUE(reading->has_torn_end);
  EXPECT_EQ(reading->report.bad_lines, 0U);
}

TEST_F(LoggedLines, AWholeLastLineWithoutItsEndCounts) {
  const auto reading = read("{\"_timestamp\": 1}\n{\"_timestamp\": 2}");
  ASSERT_TRUE(reading);
  EXPECT_EQ(times_, (std::vector<double>{1, 2}));
  EXPECT_FALSE(reading->has_torn_end);
}

TEST_F(LoggedLines, OtherBrokenLinesAreNamed) {
  const auto reading = read(
      "{\"_timestamp\": 1}\n\n{\"_timestamp\": 2, \"lo{\"_timestamp\": 3}\r\n{\"a\": 1}\n"
      "{\"_timestamp\": 4}\r\n");
  ASSERT_TRUE(reading);
  EXPECT_EQ(times_, (std::vector<double>{1, 4}));
  EXPECT_FALSE(reading->has_torn_end);
  ASSERT_EQ(reading->report.bad_lines, 2U);
  EXPECT_EQ(reading->report.first_bad_lines[0].line, 3U);
  EXPECT_EQ(reading->report.first_bad_lines[0].reason, "it is no JSON");
  EXPECT_EQ(reading->report.first_bad_lines[1].line, 4U);
}

TEST_F(LoggedLines, ALineBeyondTheBlockIsSkipped) {
  const std::string longest(LineReader::kBlockSize, 'x');
  const std::string with_end = "{\"_timestamp\": 1}\n\"" + longest + "\"\n{\"_timestamp\": 2}\n";
  const auto reading = read(with_end);
  ASSERT_TRUE(reading);
  EXPECT_EQ(times_, (std::vector<double>{1, 2}));
  ASSERT_EQ(reading->report.bad_lines, 1U);
  EXPECT_EQ(reading->report.first_bad_lines[0].line, 2U);
  EXPECT_EQ(reading->report.first_bad_lines[0].reason, "a line of more than 1024 KiB");
  EXPECT_EQ(reading->report.bytes, with_end.size());
}

/// Lines that end at each place around the border of a block.
TEST_F(LoggedLines, ABlocksBorderLosesNoLine) {
  for (std::size_t filling = 0; filling < 40; ++filling) {
    std::string text = "{\"_timestamp\": 1, \"t\": \"";
    text += std::string(LineReader::kBlockSize - text.size() - filling, 'x');
    text += "\"}\n{\"_timestamp\": 2}\n{\"_timestamp\": 3}\n";
    const auto reading = read(text);
    ASSERT_TRUE(reading);
    const bool fits = filling >= 3;  // the quote, the brace and the line's end
    EXPECT_EQ(times_, fits ? (std::vector<double>{1, 2, 3}) : (std::vector<double>{2, 3}))
        << filling;
    EXPECT_EQ(reading->report.bad_lines, fits ? 0U : 1U) << filling;
  }
}

TEST_F(LoggedLines, ALastLineThatFillsTheBlockIsRead) {
  std::string text = "{\"_timestamp\": 1, \"t\": \"";
  text += std::string(LineReader::kBlockSize - 1 - text.size() - 2, 'x') + "\"}";
  EXPECT_EQ(read(text)->lines, 1U);
  EXPECT_EQ(read(text.substr(1))->has_torn_end, true);
}

TEST_F(LoggedLines, AnEmptyFileHasNone) {
  const auto reading = read("");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->lines, 0U);
  EXPECT_FALSE(reading->has_torn_end);
}

TEST_F(LoggedLines, WhatIsNoFileIsAnErrorAndIsNotWaitedFor) {
  const auto read_path = [](const std::filesystem::path& path) {
    return read_logged_lines(
        path, [](const LoggedLine&) {}, [](std::uint64_t, std::uint64_t) {});
  };
  const auto none = read_path(dir_ / "none.jsonl");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, (dir_ / "none.jsonl").string() + ": No such file or directory");
  EXPECT_TRUE(read_path(dir_.path()).error().message.ends_with(": it is a folder"));
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(read_path(dir_ / "pipe").error().message.ends_with(": it is no plain file"));
}

TEST_F(LoggedLines, TellHowFarTheReadingHasCome) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "{\"_timestamp\": " + std::to_string(i) + "}\n";
  }
  test::write_text(dir_ / "run.jsonl", text);
  std::vector<std::uint64_t> done;
  const auto reading = read_logged_lines(
      dir_ / "run.jsonl", [](const LoggedLine&) {},
      [&](std::uint64_t bytes, std::uint64_t in_all) {
        EXPECT_EQ(in_all, text.size());
        done.push_back(bytes);
      });
  EXPECT_EQ(done.size(), 5U);
  EXPECT_EQ(reading->lines, 5000U);
}

}  // namespace
}  // namespace wemol::reading
