// What a journal gives back after a power cut: of each state in which the cut may have left it and
// the CSVs.
#include "journal_replay.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "log_capture.h"
#include "row_journal.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::write_text;

class JournalReplay : public testing::Test {
 protected:
  /// Of one CSV: what the disk had for sure, and the rows that the journal has.
  struct Csv {
    std::string path;
    std::string base;
    std::vector<std::string> rows = {};

    [[nodiscard]] std::string whole() const {
      std::string text = base;
      for (const std::string& row : rows) {
        text += row;
      }
      return text;
    }
  };

  void SetUp() override {
    auto made = RowJournal::create(dir.path(), RowJournal::kLeastSegment);
    ASSERT_TRUE(made) << made.error().message;
    journal.emplace(std::move(*made));
  }

  /// Writes the row to the CSV and notes it.
  void add(Csv& csv, const std::string& row, bool begins_chain = false) {
    frame.add(csv.path, static_cast<off_t>(csv.whole().size()), row,
              begins_chain || csv.rows.empty());
    csv.rows.push_back(row);
    write_text(dir / csv.path, csv.whole());
  }
  void end_round() {
    ASSERT_TRUE(journal->commit(frame));
    frame.clear();
  }
  /// Three rounds of two files; ends the recorder.
  void record() {
    write_text(dir / one.path, one.base);
    write_text(dir / two.path, two.base);
    for (const char* row : {"1,first\r\n", "2,\"se,cond\"\r\n", "3,third\r\n"}) {
      add(one, row);
      add(two, std::string("0") + row);
      end_round();
    }
    kill();
  }
  /// Nobody has the journal open any more.
  void kill() { journal.reset(); }

  ReplayReport replay() const {
    const auto report = replay_journal(dir.path());
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ReplayReport());
  }
  [[nodiscard]] fs::path journal_path() const { return RowJournal::path_in(dir.path()); }
  [[nodiscard]] std::string text_of(const Csv& csv) const { return read_text(dir / csv.path); }

  test::TempDir dir;
  std::optional<RowJournal> journal;
  JournalFrame frame;
  Csv one{"module/1.csv", "a,b\r\n0,zero\r\n"};
  Csv two{"other module/2-3.csv", "a,b\r\n"};
};

TEST_F(JournalReplay, IsNothingWithoutAJournal) {
  fs::remove(journal_path());
  EXPECT_EQ(replay().rows, 0U);
  EXPECT_TRUE(replay_journal(dir / "no folder"));
}

TEST_F(JournalReplay, WritesNothingThatIsThere) {
  record();
  const ReplayReport report = replay();
  EXPECT_EQ(report.rows, 6U);
  EXPECT_EQ(report.rows_written, 0U);
  EXPECT_EQ(report.rows_left_out, 0U);
  EXPECT_EQ(text_of(one), one.whole());
  EXPECT_FALSE(fs::exists(journal_path()));
}

TEST_F(JournalReplay, CompletesACsvFromEachLength) {
  record();
  const std::string kept = read_text(journal_path());
  for (std::size_t length = one.base.size(); length < one.whole().size(); ++length) {
    write_text(journal_path(), kept);
    fs::resize_file(dir / one.path, length);
    const ReplayReport report = replay();
    ASSERT_EQ(text_of(one), one.whole()) << length;
    EXPECT_GE(report.rows_written, 1U);
    EXPECT_EQ(report.files_written, 1U);
    EXPECT_EQ(report.rows_left_out, 0U);
  }
  EXPECT_EQ(text_of(two), two.whole());
}

// The file system knew the length before it had the data.
TEST_F(JournalReplay, CompletesACsvFromEachRangeOfZeros) {
  record();
  const std::string kept = read_text(journal_path());
  for (std::size_t begin = one.base.size(); begin < one.whole().size(); ++begin) {
    for (std::size_t end = begin + 1; end <= one.whole().size(); ++end) {
      write_text(journal_path(), kept);
      std::string text = one.whole();
      text.replace(begin, end - begin, end - begin, '\0');
      write_text(dir / one.path, text);
      EXPECT_GE(replay().rows_written, 1U);
      ASSERT_EQ(text_of(one), one.whole()) << begin << " to " << end;
    }
  }
}

// What was on the disk for sure is not: whoever has cut it meant it.
TEST_F(JournalReplay, LeavesAShorterCsvAlone) {
  record();
  const std::string kept = read_text(journal_path());
  for (std::size_t length = 0; length < one.base.size(); ++length) {
    write_text(journal_path(), kept);
    write_text(dir / one.path, one.base.substr(0, length));
    EXPECT_EQ(replay().rows_left_out, 3U);
    ASSERT_EQ(text_of(one), one.base.substr(0, length));
  }
}

TEST_F(JournalReplay, GivesBackWholeRoundsOfAJournalOfEachLength) {
  record();
  const std::string kept = read_text(journal_path());
  const std::size_t begin = RowJournal::kBlock + RowJournal::kLeastSegment;  // of generation 1
  const std::size_t end = begin + 3 * RowJournal::kBlock;
  for (std::size_t length = RowJournal::kBlock; length <= end; ++length) {
    // Cut, and for the others as a power cut leaves it: in its length, without the data.
    for (const bool has_its_length : {false, true}) {
      std::string cut = kept.substr(0, length);
      cut.resize(has_its_length ? kept.size() : length, '\0');
      write_text(journal_path(), cut);
      write_text(dir / one.path, one.base);
      (void)replay();
      const std::string text = text_of(one);
      ASSERT_TRUE(one.whole().starts_with(text) && text.ends_with("\r\n"));
      const std::size_t frames_before = length < begin ? 0 : (length - begin) / RowJournal::kBlock;
      std::size_t rounds = 0;
      for (std::size_t at = one.base.size(); at < text.size(); at += one.rows[rounds++].size()) {
      }
      // A frame is shorter than its block: it may be whole before that ends.
      ASSERT_TRUE(rounds == frames_before || rounds == frames_before + 1) << length;
      if (length == end) {
        EXPECT_EQ(rounds, 3U);
      }
    }
    // Every length within a frame. Between frames, and before the first one, there are only zeros.
    constexpr std::size_t kLongerThanAFrame = 256;
    const bool is_far_before = length > RowJournal::kBlock + 64 && length + 5000 < begin;
    const bool is_behind_frame = length >= begin && length + 64 < end &&
                                 (length - begin) % RowJournal::kBlock > kLongerThanAFrame &&
                                 (length + 64 - begin) % RowJournal::kBlock > kLongerThanAFrame;
    length += is_far_before ? 4001 : is_behind_frame ? 61 : 0;
  }
}

TEST_F(JournalReplay, KnowsATornFrameByEachOfItsBytes) {
  write_text(dir / one.path, one.base);
  add(one, "1,first\r\n");
  const std::size_t length =
      sizeof(JournalFrame::Header) + sizeof(JournalFrame::RecordHeader) + one.path.size() + 9;
  end_round();
  kill();
  const std::string kept = read_text(journal_path());
  for (std::size_t i = 0; i < length; ++i) {
    std::string torn = kept;
    torn[RowJournal::kBlock + RowJournal::kLeastSegment + i] ^= 0x10;
    write_text(journal_path(), torn);
    write_text(dir / one.path, one.base);
    EXPECT_EQ(replay().rows, 0U) << "byte " << i;
    EXPECT_EQ(text_of(one), one.base);
  }
}

TEST_F(JournalReplay, TakesBothSegmentsAndNothingOfAnEarlierTurn) {
  write_text(dir / one.path, one.base);
  const std::size_t rounds_per_segment = RowJournal::kLeastSegment / RowJournal::kBlock;
  std::size_t last_turn = 0;
  std::size_t turn_before = 0;
  for (std::size_t round = 0; round < 5 * rounds_per_segment / 2; ++round) {
    if (journal->room() == 0) {
      journal->turn();
      turn_before = std::exchange(last_turn, one.whole().size());
    }
    add(one, std::to_string(round) + ",x\r\n");
    end_round();
  }
  kill();
  const std::string kept = read_text(journal_path());
  fs::resize_file(dir / one.path, turn_before);
  const ReplayReport report = replay();
  EXPECT_EQ(report.rows, rounds_per_segment * 3 / 2);
  EXPECT_EQ(text_of(one), one.whole());
  write_text(journal_path(), kept);
  fs::resize_file(dir / one.path, turn_before - 1);
  EXPECT_EQ(replay().rows_written, 0U) << "the disk had that row";
}

TEST_F(JournalReplay, OverwritesNothingOfAnybody) {
  record();
  const std::string kept = read_text(journal_path());
  const std::string begin = one.base + one.rows[0];
  for (const std::string& theirs :
       {begin + "x", begin + "2,\"se,cond\"\r\nx", begin + "note\r\n" + one.rows[1] + one.rows[2],
        std::string("x"), "x" + one.whole(), one.whole() + "more\r\n", begin + "\n",
        std::string(one.whole().size(), ' '), one.base.substr(0, one.base.size() - 1) + "x"}) {
    write_text(journal_path(), kept);
    write_text(dir / one.path, theirs);
    (void)replay();
    const std::string text = text_of(one);
    EXPECT_TRUE(text.starts_with(theirs)) << theirs << "\nnow\n" << text;
  }
}

TEST_F(JournalReplay, AppendsToNoLineWithoutAnEnd) {
  record();
  std::string same_size = one.base;
  same_size.back() = 'x';
  write_text(dir / one.path, same_size);
  EXPECT_EQ(replay().rows_left_out, 3U);
  EXPECT_EQ(text_of(one), same_size);
}

TEST_F(JournalReplay, MakesNoFileThatSomebodyHasRemoved) {
  record();
  fs::remove(dir / one.path);
  fs::rename(dir / "other module", dir / "renamed");
  const ReplayReport report = replay();
  EXPECT_EQ(report.rows_left_out, 6U);
  EXPECT_NE(report.first_left_out.find("1.csv: it was removed"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir / one.path));
  EXPECT_FALSE(fs::exists(dir / two.path));
}

// Its rows stand where those of the old file stood.
TEST_F(JournalReplay, GivesAFileBegunAnewNoRowOfTheOldOne) {
  write_text(dir / one.path, one.base);
  for (const char* row : {"1,first\r\n", "2,secon\r\n", "3,third\r\n"}) {
    add(one, row);
    end_round();
  }
  one.rows.clear();
  write_text(dir / one.path, one.base);
  add(one, "4,fourt\r\n", true);
  end_round();
  kill();
  for (const std::size_t length : {one.base.size(), one.base.size() + 3, one.whole().size()}) {
    const std::string kept = read_text(journal_path());
    fs::resize_file(dir / one.path, length);
    EXPECT_EQ(replay().rows, 1U);
    EXPECT_EQ(text_of(one), one.whole());
    write_text(journal_path(), kept);
  }
}

// What somebody has cut off a file whose rows were on the disk stays off.
TEST_F(JournalReplay, GivesNothingBackOfAChainThatHasEnded) {
  write_text(dir / one.path, one.base);
  write_text(dir / two.path, two.base);
  add(one, "1,first\r\n");
  add(two, "1,first\r\n");
  end_round();
  frame.end_chain(one.path);
  end_round();
  kill();
  fs::resize_file(dir / one.path, one.base.size());
  fs::resize_file(dir / two.path, two.base.size());
  EXPECT_EQ(replay().rows, 1U);
  EXPECT_EQ(text_of(one), one.base);
  EXPECT_EQ(text_of(two), two.whole());
}

TEST_F(JournalReplay, LeadsToNoOtherFile) {
  const std::vector<std::string> elsewhere{
      "../7.csv",     "module/../../7.csv",           "7.csv", "module/notes.csv", "./7.csv",
      "module/7.txt", (dir / "module/7.csv").string()};
  for (const std::string& path : elsewhere) {
    frame.add(path, 0, "x", true);
    frame.add(path, 1, "x", false);
  }
  end_round();
  kill();
  write_text(dir / "module/7.csv", "\n");
  write_text(dir / "module/notes.csv", "\n");
  EXPECT_EQ(replay().rows, 0U);
  EXPECT_EQ(read_text(dir / "module/7.csv"), "\n");
  EXPECT_EQ(read_text(dir / "module/notes.csv"), "\n");
}

TEST_F(JournalReplay, LeavesWhatIsNoJournalOfThisUser) {
  record();
  const std::string kept = read_text(journal_path());
  fs::resize_file(dir / one.path, one.base.size());
  const auto expect_refusal = [&](const std::string& reason) {
    const auto report = replay_journal(dir.path());
    ASSERT_FALSE(report) << reason;
    EXPECT_NE(report.error().message.find(reason), std::string::npos) << report.error().message;
    EXPECT_EQ(text_of(one), one.base);
  };
  write_text(journal_path(), "something else");
  expect_refusal("not what a recorder has written");
  EXPECT_EQ(read_text(journal_path()), "something else");
  fs::remove(journal_path());
  write_text(dir / "kept", kept);
  fs::create_symlink(dir / "kept", journal_path());
  expect_refusal("Too many levels of symbolic links");
  fs::remove(journal_path());
  fs::create_directory(journal_path());
  expect_refusal("Is a directory");
  fs::remove(journal_path());
  if (geteuid() == 0) {
    write_text(journal_path(), kept);
    ASSERT_EQ(chown(journal_path().c_str(), 12345, 12345), 0);
    expect_refusal("is not a file of this user");
    EXPECT_EQ(read_text(journal_path()), kept);
  }
}

TEST_F(JournalReplay, LeavesTheJournalOfARecorderAtWork) {
  write_text(dir / one.path, one.base);
  add(one, "1,first\r\n");
  end_round();
  const auto report = replay_journal(dir.path());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("in use by another recorder"), std::string::npos);
  EXPECT_TRUE(journal->is_in_place());
}

TEST_F(JournalReplay, IsDoneAgainWhenTheDiskIsFull) {
  record();
  fs::resize_file(dir / one.path, one.base.size());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit limit{one.base.size() + 4, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto refused = replay_journal(dir.path());
  setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EFBIG);
  EXPECT_TRUE(fs::exists(journal_path()));
  EXPECT_EQ(replay().rows_written, 3U);
  EXPECT_EQ(text_of(one), one.whole());
}

TEST_F(JournalReplay, SaysWhatItHasDone) {
  record();
  fs::resize_file(dir / one.path, one.base.size() + 3);
  fs::remove(dir / two.path);
  const test::LogCapture log;
  replay_journal_and_log(dir.path());
  EXPECT_EQ(log.count("info the journal had 3 rows of 1 files"), 1U);
  EXPECT_EQ(log.count("warning 3 of 6 rows in the journal are left out"), 1U);
}

TEST_F(JournalReplay, SaysNothingWhenNothingWasLost) {
  record();
  const test::LogCapture log;
  replay_journal_and_log(dir.path());
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(JournalReplay, ReplacesNoJournal) {
  record();
  const auto second = RowJournal::create(dir.path(), RowJournal::kLeastSegment);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EEXIST);
  EXPECT_EQ(replay().rows, 6U);
}

}  // namespace
}  // namespace wemol
