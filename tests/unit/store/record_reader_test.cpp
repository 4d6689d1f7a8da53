#include "record_reader.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::reading {
namespace {

using Lines = std::vector<std::string>;

class Records : public testing::Test {
 protected:
  /// What lies in the file behind its header: "line: fields" or "line! trouble".
  Lines rest_of_file() {
    Lines lines;
    for (auto outcome = reader.next(); outcome != RecordReader::Outcome::end;
         outcome = reader.next()) {
      std::string line = std::to_string(reader.line());
      if (outcome == RecordReader::Outcome::bad_line) {
        lines.push_back(line + "! " + reader.trouble());
        continue;
      }
      line += ":";
      for (const std::string_view field : reader.fields()) {
        line += " " + std::string(field);
      }
      lines.push_back(line);
    }
    return lines;
  }
  Lines lines_of(const std::string& text) {
    test::write_text(file, text);
    const auto opened = reader.open(file);
    EXPECT_TRUE(opened) << opened.error().message;
    return rest_of_file();
  }
  std::string refusal_of(const std::string& text) {
    test::write_text(file, text);
    const auto opened = reader.open(file);
    return opened ? "" : opened.error().message;
  }

  test::TempDir folder;
  std::filesystem::path file = folder / "records.csv";
  RecordReader reader{"id,name\r\n"};
};

TEST_F(Records, AreThoseBehindTheHeader) {
  EXPECT_EQ(lines_of("id,name\r\n1,a\r\n2,b\r\n"), (Lines{"2: 1 a", "3: 2 b"}));
  EXPECT_EQ(lines_of("id,name\n1,a\n"), Lines{"2: 1 a"});
  EXPECT_EQ(lines_of("\xEF\xBB\xBFid,name\r\n1,a\r\n"), Lines{"2: 1 a"});
  EXPECT_EQ(lines_of("\"id\",\"name\"\n1,a\n"), Lines{"2: 1 a"});
}

TEST_F(Records, AreNoneInAnEmptyFileAndBehindABareHeader) {
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("id,name"), Lines{});
  EXPECT_EQ(lines_of("id,name\r\n"), Lines{});
}

TEST_F(Records, AreNotTakenFromAFileWithAnotherHeader) {
  const std::string refusal = "its first line is not the header of such a file";
  EXPECT_EQ(refusal_of("id\n1\n"), refusal);
  EXPECT_EQ(refusal_of("id,names\n1,a\n"), refusal);
  EXPECT_EQ(refusal_of("id,name,more\n1,a,b\n"), refusal);
  EXPECT_EQ(refusal_of("\n"), refusal);
  EXPECT_EQ(refusal_of(std::string(1000, '\0')), refusal);
}

TEST_F(Records, AreNotTakenFromWhatIsNoFile) {
  EXPECT_EQ(reader.open(folder / "missing").error().message, "No such file or directory");
  EXPECT_EQ(reader.open(folder.path()).error().message, "it is no plain file");
  EXPECT_EQ(reader.next(), RecordReader::Outcome::end);
}

TEST_F(Records, BehindBadLinesAreTakenAndLinesCounted) {
  EXPECT_EQ(lines_of("id,name\n1\n\n\"2\n2\",b\n3,\"c\n4,d\n5"),
            (Lines{"2! 1 instead of 2 fields", "4: 2\n2 b", "6! a quote that is not closed",
                   "7: 4 d", "8! 1 instead of 2 fields"}));
}

TEST_F(Records, TellWhetherTheirLineHadAnEnd) {
  test::write_text(file, "id,name\n1,a\n2,b");
  ASSERT_TRUE(reader.open(file));
  ASSERT_EQ(reader.next(), RecordReader::Outcome::record);
  EXPECT_TRUE(reader.has_line_end());
  ASSERT_EQ(reader.next(), RecordReader::Outcome::record);
  EXPECT_FALSE(reader.has_line_end());
}

TEST_F(Records, OfAFileThatIsLargerThanABlockAreWhole) {
  std::string text = "id,name\n";
  constexpr std::size_t kCount = 100'000;
  for (std::size_t i = 0; i < kCount; ++i) {
    text += std::to_string(i) + ",name of " + std::to_string(i) + "\n";
  }
  ASSERT_GT(text.size(), 4 * RecordReader::kBlockSize);
  const Lines lines = lines_of(text);
  ASSERT_EQ(lines.size(), kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(lines[i], std::to_string(i + 2) + ": " + number + " name of " + number);
  }
  EXPECT_EQ(reader.bytes_read(), text.size());
}

TEST_F(Records, LongerThanABlockAreBadLines) {
  const std::string long_text(3 * RecordReader::kBlockSize, 'x');
  EXPECT_EQ(lines_of("id,name\n1," + long_text + "\n2,b\n"),
            (Lines{"2! a line of more than 256 KiB", "3: 2 b"}));
  EXPECT_EQ(lines_of("id,name\n2,b\n1," + long_text),
            (Lines{"2: 2 b", "3! a line of more than 256 KiB"}));
}

TEST_F(Records, BehindAQuoteThatStaysOpenForMoreThanABlockAreTaken) {
  std::string text = "id,name\n1,\"a\n";
  constexpr std::size_t kCount = 50'000;
  for (std::size_t i = 0; i < kCount; ++i) {
    text += "2,bbbbbbbb\n";
  }
  const Lines lines = lines_of(text);
  ASSERT_EQ(lines.size(), kCount + 1);
  EXPECT_EQ(lines[0], "2! a quote that is not closed");
  EXPECT_EQ(lines[1], "3: 2 bbbbbbbb");
}

TEST_F(Records, OfTheTailBeginWithItsFirstWholeLine) {
  test::write_text(file, "id,name\n1,a\n2,b\n3,c\n");
  ASSERT_TRUE(reader.open_tail(file, 9));
  EXPECT_EQ(rest_of_file(), (Lines{"1: 2 b", "2: 3 c"}));
  ASSERT_TRUE(reader.open_tail(file, 1000));
  EXPECT_EQ(rest_of_file().size(), 4U);
}

}  // namespace
}  // namespace wemol::reading
