#include <gtest/gtest.h>

#include "csv.h"

namespace wemol::reading {
namespace {

using Lines = std::vector<std::string>;

/// Each record as its fields with bars between, each bad line as its trouble. The text comes in
/// pieces that grow by so many bytes.
Lines split(std::string_view text, std::size_t columns, std::size_t piece) {
  CsvSplitter splitter(columns);
  Lines lines;
  std::size_t known = 0;
  while (known < text.size() || !text.empty()) {
    known = std::min(text.size(), known + piece);
    const bool is_last = known == text.size();
    std::string_view part = text.substr(0, known);
    const auto outcome = splitter.next(part, is_last);
    const std::size_t taken = known - part.size();
    if (outcome == CsvSplitter::Outcome::record) {
      std::string line;
      for (const std::string_view field : splitter.fields()) {
        line += "|" + std::string(field);
      }
      lines.push_back(line.substr(1));
    } else if (outcome == CsvSplitter::Outcome::bad_line) {
      lines.push_back("bad: " + splitter.trouble());
    } else if (outcome == CsvSplitter::Outcome::half && is_last) {
      lines.emplace_back("half at the end");
      break;
    }
    text.remove_prefix(taken);
    known -= taken;
  }
  return lines;
}

/// However the text comes in pieces.
void expect_split(std::string_view text, std::size_t columns, const Lines& expected) {
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    EXPECT_EQ(split(text, columns, piece), expected) << "in pieces of " << piece;
  }
}

TEST(CsvSplitter, TakesLinesThatEndInLfOrCrlf) {
  expect_split("a,b\nc,d\r\ne,f\n", 2, {"a|b", "c|d", "e|f"});
}

TEST(CsvSplitter, KeepsEmptyFields) {
  expect_split(",x,\n,,\n", 3, {"|x|", "||"});
}

TEST(CsvSplitter, FindsFieldsOfAnyLength) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string field(length, 'x');
    expect_split(field + "," + field + "\n", 2, {field + "|" + field});
  }
}

TEST(CsvSplitter, KeepsBytesThatDifferInTheHighestBitOnly) {
  expect_split("\xAC\x8A\xA2,\xAC\x8A\xA2\n", 2, {"\xAC\x8A\xA2|\xAC\x8A\xA2"});
}

TEST(CsvSplitter, TakesQuotesOff) {
  expect_split("\"a,b\",\"c \"\"d\"\"\",\"\"\r\nx,\"y\",\"\"\"\"\n", 3, {"a,b|c \"d\"|", "x|y|\""});
}

TEST(CsvSplitter, TakesALineEndInQuotes) {
  CsvSplitter splitter(2);
  std::string_view text = "\"a\r\nb\nc\",d\nnext";
  ASSERT_EQ(splitter.next(text, false), CsvSplitter::Outcome::record);
  EXPECT_EQ(splitter.fields()[0], "a\r\nb\nc");
  EXPECT_EQ(splitter.line_ends(), 3U);
  EXPECT_EQ(text, "next");
}

TEST(CsvSplitter, LeavesQuotesInsideAFieldAlone) {
  expect_split("a\"b,c\"\n", 2, {"a\"b|c\""});
}

TEST(CsvSplitter, SkipsEmptyLines) {
  expect_split("\n\r\na,b\n\r\n", 2, {"a|b"});
  expect_split("\n\r\na\n\r\n", 1, {"a"});
}

TEST(CsvSplitter, TakesALastLineWithoutEndThatIsWhole) {
  expect_split("a,b\nc,d", 2, {"a|b", "c|d"});
  expect_split("a,b\nc,\"d\"", 2, {"a|b", "c|d"});
  expect_split("a,b\nc,d\r", 2, {"a|b", "c|d"});
}

TEST(CsvSplitter, CallsALineWithAnotherNumberOfFieldsBad) {
  expect_split("a,b,c\na\nc,d\ne", 2,
               {"bad: 3 instead of 2 fields", "bad: 1 instead of 2 fields", "c|d",
                "bad: 1 instead of 2 fields"});
}

TEST(CsvSplitter, LosesOnlyTheLineWhoseQuoteIsNotClosed) {
  expect_split("a,\"cut off\nc,d\ne,\"f,g\"\n", 2,
               {"bad: text behind a closing quote", "c|d", "e|f,g"});
  expect_split("a,\"cut off\nc,d\n", 2, {"bad: a quote that is not closed", "c|d"});
  expect_split("a,\"cut off", 2, {"bad: a quote that is not closed"});
}

TEST(CsvSplitter, CallsTextBehindAQuoteBad) {
  expect_split("\"a\"b,c\nd,e\n", 2, {"bad: text behind a closing quote", "d|e"});
}

}  // namespace
}  // namespace wemol::reading
