#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

/// What stands in the file of a task already, or happens to it meanwhile.
class CsvFiles : public RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      engine().run("wemol_rc_task_132171_1_1");
    }
  }

  [[nodiscard]] fs::path file() const { return csv("Unknown_Module", "132171"); }
};

const std::string old_row =
    "132171,9,Unknown,2025-06-04 09:44:28,wemol_rc_task_132171_9_1,0.00%,0B / "
    "1GiB,0.00%,0B / 0B,0B / 0B,1,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";

TEST_F(CsvFiles, a_file_that_was_removed_or_renamed_is_begun_anew) {
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  fs::remove(file());
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  fs::rename(file(), folder() / "kept.csv");
  const std::string kept = read_text(folder() / "kept.csv");
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(read_text(folder() / "kept.csv"), kept);
  fs::remove_all(folder() / "module_resource" / "Unknown_Module");
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
}

TEST_F(CsvFiles, a_file_with_another_header_is_left_alone) {
  write_text(file(), "task,time\r\n132171,now\r\n");
  write_text(csv("Unknown_Module", "132171-2"), "notes");
  record_rounds(1);
  record_rounds(1);
  EXPECT_EQ(read_text(file()), "task,time\r\n132171,now\r\n");
  EXPECT_EQ(read_text(csv("Unknown_Module", "132171-2")), "notes");
  EXPECT_EQ(rows("132171-3").size(), 2U);
}

TEST_F(CsvFiles, an_empty_file_gets_the_header_first) {
  write_text(file(), "");
  record_rounds(1);
  EXPECT_EQ(rows("132171").size(), 1U);
}

TEST_F(CsvFiles, a_second_run_continues_the_file_of_the_first) {
  record_rounds(1);
  const std::string first = read_text(file());
  record_rounds(1);
  EXPECT_TRUE(read_text(file()).starts_with(first));
  EXPECT_EQ(rows("132171").size(), 2U);
}

TEST_F(CsvFiles, a_last_line_without_its_end_gets_one) {
  const std::string old = std::string(kHeader) + "\r\n" + old_row;
  write_text(file(), old);
  record_rounds(1);
  EXPECT_TRUE(read_text(file()).starts_with(old + "\r\n132171,1,Unknown,"));
  EXPECT_EQ(rows("132171").size(), 2U);
}

TEST_F(CsvFiles, a_file_with_plain_line_ends_is_continued) {
  const std::string old = std::string(kHeader) + "\n" + old_row + "\n";
  write_text(file(), old);
  record_rounds(1);
  const std::string text = read_text(file());
  ASSERT_TRUE(text.starts_with(old));
  EXPECT_EQ(parse_csv(std::string(kHeader) + "\r\n" + text.substr(old.size())).size(), 1U);
}

}  // namespace
}  // namespace wemol::e2e
