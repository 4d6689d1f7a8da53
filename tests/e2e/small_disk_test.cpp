#include <sys/mount.h>

#include <fstream>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

/// A disk of some pages: the file of one task ends shortly before the end of its page, the file of
/// the other has room, a third file holds the rest, and there is a page for what the recorder
/// notes.
class SmallDisk : public RecorderTest {
 protected:
  static constexpr std::size_t kPage = 4096;

  void SetUp() override {
    RecorderTest::SetUp();
    if (IsSkipped() || HasFailure()) {
      return;
    }
    const fs::path disk = folder() / "module_resource";
    fs::create_directories(disk);
    engine().run("wemol_rc_task_132171_1_1");
    engine().run("wemol_rc_task_132172_1_1");
    ASSERT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=16k,mode=755"), 0);
    fs::create_directories(disk / "Unknown_Module");
    const std::string head = std::string(kHeader) + "\r\n132171,1,";
    const std::string tail = std::string(19, ',') + "\r\n";
    const std::size_t padding = kPage - 60 - head.size() - tail.size();
    write_text(csv("Unknown_Module", "132171"), head + std::string(padding, 'x') + tail);
    write_text(csv("Unknown_Module", "132172"), std::string(kHeader) + "\r\n");
  }

  [[nodiscard]] fs::path filler() const { return folder() / "module_resource" / "filler"; }

  /// Until the disk is full.
  void fill() const {
    std::ofstream(filler(), std::ios::binary) << std::string(4 * kPage, 'x') << std::flush;
  }
};

TEST_F(SmallDisk, rows_wait_while_the_disk_is_full_and_are_written_whole_and_in_order) {
  fill();
  const std::string old = read_text(csv("Unknown_Module", "132171"));
  const auto written = fs::last_write_time(csv("Unknown_Module", "132171"));
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(3, "132172"));
  EXPECT_EQ(read_text(csv("Unknown_Module", "132171")), old);
  // Nor was there half a row for a moment, which a kill could have left there.
  EXPECT_EQ(fs::last_write_time(csv("Unknown_Module", "132171")), written);
  EXPECT_EQ(recorder.lines_with("- ERROR - rows cannot be written"), 1U);
  EXPECT_NE(recorder.log().find("No space left on device"), std::string::npos);
  fs::remove(filler());
  ASSERT_TRUE(wait_for_rows(5, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  const auto waited = rows("132171");
  const auto unaffected = rows("132172");
  ASSERT_EQ(waited.size(), unaffected.size() + 1);
  for (std::size_t i = 0; i < unaffected.size(); ++i) {
    EXPECT_EQ(waited[i + 1].at("timestamp"), unaffected[i].at("timestamp"));
  }
  EXPECT_GE(recorder.lines_with("over after"), 1U);
}

TEST_F(SmallDisk, rows_that_still_wait_at_the_end_are_counted_in_the_log) {
  fill();
  RecorderProcess& recorder = record_rounds(2);
  EXPECT_EQ(rows("132172").size(), 2U);
  EXPECT_EQ(
      recorder.lines_with("- ERROR - 2 rows of task 132171 for module_resource/Unknown_Module "),
      1U);
}

}  // namespace
}  // namespace wemol::e2e
