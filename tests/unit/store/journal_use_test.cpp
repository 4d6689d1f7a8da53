// `--sync finished` on a disk that may lose its power after any round: what was synced is there,
// of all else as much as chance has it.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "journal_replay.h"
#include "log_capture.h"
#include "open_files_limit.h"
#include "recorded_tree.h"
#include "row_journal.h"
#include "sync_hook.h"
#include "task_csv_sink.h"
#include "task_schema.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::write_text;

std::string content_of(const fs::path& path) {
  std::string content(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

/// The names and the content that a disk has for sure.
class Disk {
 public:
  explicit Disk(fs::path folder) : folder_(std::move(folder)) {}

  void note_sync(const fs::path& path) {
    if (!path.native().starts_with(folder_.native())) {
      return;  // a folder above
    }
    if (fs::is_directory(path)) {
      std::set<std::string> names;
      for (const auto& entry : fs::directory_iterator(path)) {
        names.insert(entry.path().filename());
      }
      names_[path] = std::move(names);
    } else if (const std::string name = path.filename(); name.ends_with(".new")) {
      draft_ = content_of(path);
    } else if (fs::exists(path)) {
      content_[inode_of(path)] = content_of(path);
    }
  }

  /// As it is when the power comes back.
  void copy_to(const fs::path& other, std::mt19937& random) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (!entry.is_regular_file() || !has_name(entry.path())) {
        continue;
      }
      write_text(other / fs::relative(entry.path(), folder_), found_of(entry.path(), random));
    }
  }

 private:
  static ino_t inode_of(const fs::path& path) {
    struct stat status {};
    stat(path.c_str(), &status);
    return status.st_ino;
  }
  bool has_name(const fs::path& path) const {
    for (fs::path at = path; at != folder_; at = at.parent_path()) {
      const auto names = names_.find(at.parent_path());
      if (names == names_.end() || !names->second.contains(at.filename())) {
        return false;
      }
    }
    return true;
  }
  std::string found_of(const fs::path& path, std::mt19937& random) {
    const bool is_journal = path == RowJournal::path_in(folder_);
    const auto synced = content_.find(inode_of(path));
    std::string found = synced != content_.end() ? synced->second : is_journal ? draft_ : "";
    const std::string now = content_of(path);
    if (is_journal || !now.starts_with(found)) {
      return found;
    }
    // More of it than was asked for, and of that perhaps the length alone.
    const std::size_t length = found.size() + random() % (now.size() - found.size() + 1);
    const std::size_t with_data = found.size() + random() % (length - found.size() + 1);
    found = now.substr(0, with_data);
    found.resize(length, '\0');
    return found;
  }

  fs::path folder_;
  std::map<fs::path, std::set<std::string>> names_;  ///< by folder
  std::map<ino_t, std::string> content_;
  std::string draft_;  ///< of the journal, before it has its name
};

class JournalUse : public testing::Test {
 protected:
  void SetUp() override {
    test::forget_syncs();
    fs::create_directories(output);
    test::on_sync = [this](const fs::path& path) { disk.note_sync(path); };
  }
  void TearDown() override { test::forget_syncs(); }

  TaskSample sample(const std::string& task) {
    TaskSample made;
    made.task = {"", task, "1"};
    made.module_name = task < "13" ? "m" : "n";
    made.container_name = "c" + std::to_string(++rows);
    return made;
  }
  Conditions write(const std::vector<std::string>& of_tasks) {
    test::synced.clear();
    Snapshot snapshot;
    for (const std::string& task : of_tasks) {
      snapshot.samples.push_back(sample(task));
    }
    return sink->write(snapshot);
  }
  [[nodiscard]] std::size_t syncs_of(const fs::path& path) const {
    return static_cast<std::size_t>(std::ranges::count(test::synced, path));
  }
  [[nodiscard]] fs::path csv(const std::string& task) const {
    return output / (task < "13" ? "m" : "n") / (task + ".csv");
  }
  [[nodiscard]] fs::path journal() const { return RowJournal::path_in(output); }
  void start() { sink = std::make_unique<TaskCsvSink>(output, SyncLevel::finished); }

  /// Cuts the power now. All that a round has promised has to be there after the replay: each CSV
  /// begins as it is now. Behind that there may be what is left of a row.
  void expect_whole_after_power_cut(const std::string& when) {
    const test::TempDir after;
    disk.copy_to(after.path(), random);
    test::on_sync = [](const auto&) {};
    const auto report = replay_journal(after.path());
    test::on_sync = [this](const fs::path& path) { disk.note_sync(path); };
    ASSERT_TRUE(report) << when << ": " << report.error().message;
    EXPECT_EQ(report->rows_left_out, 0U) << when << ": " << report->first_left_out;
    for (const std::string& task : tasks) {
      if (fs::exists(csv(task))) {
        const fs::path found = after.path() / fs::relative(csv(task), output);
        ASSERT_TRUE(fs::exists(found)) << when << ": " << found;
        ASSERT_EQ(content_of(found), content_of(csv(task))) << when;
      }
      if (const fs::path renamed = csv(task).string() + ".old"; fs::exists(renamed)) {
        const fs::path found = after.path() / fs::relative(renamed, output);
        ASSERT_TRUE(fs::exists(found)) << when << ": " << found;
        ASSERT_EQ(content_of(found), content_of(renamed)) << when;
      }
    }
  }

  std::vector<std::string> tasks{"11", "12", "13", "14"};
  test::TempDir dir;
  fs::path output = dir / "out";
  Disk disk{output};
  std::mt19937 random{7};
  std::unique_ptr<TaskCsvSink> sink;
  int rows = 0;
};

TEST_F(JournalUse, RoundWaitsForOneFileOnceItsCsvsAreKnown) {
  start();
  EXPECT_TRUE(write(tasks).empty());
  for (const std::string& task : tasks) {
    EXPECT_EQ(syncs_of(csv(task)), 1U);
  }
  EXPECT_FALSE(fs::exists(journal()));
  EXPECT_TRUE(write(tasks).empty());
  EXPECT_TRUE(fs::exists(journal()));
  EXPECT_TRUE(write(tasks).empty());
  EXPECT_EQ(test::synced, std::vector<fs::path>{journal()});
  EXPECT_TRUE(write({}).empty());
  EXPECT_TRUE(test::synced.empty()) << "there is nothing to wait for";
}

TEST_F(JournalUse, NoPowerCutTakesARound) {
  start();
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> some;
    std::ranges::sample(tasks, std::back_inserter(some),
                        static_cast<std::ptrdiff_t>(1 + random() % tasks.size()), random);
    ASSERT_TRUE(write(some).empty());
    if (round < 10 || round % 7 == 0) {
      expect_whole_after_power_cut("round " + std::to_string(round));
    }
  }
}

TEST_F(JournalUse, CsvsReachTheDiskBeforeTheJournalNeedsTheirRoom) {
  test::on_sync = [](const auto&) {};
  start();
  std::size_t most_in_a_round = 0;
  std::size_t all = 0;
  for (int round = 0; round < 400; ++round) {
    ASSERT_TRUE(write(tasks).empty());
    const auto csvs = static_cast<std::size_t>(std::ranges::count_if(
        test::synced, [](const fs::path& path) { return path.extension() == ".csv"; }));
    most_in_a_round = round < 2 ? 0 : std::max(most_in_a_round, csvs);
    all += csvs;
  }
  EXPECT_LE(most_in_a_round, 2U) << "evenly";
  // Once when met, and once for each of the three segments that were full (of 128 rounds each).
  EXPECT_GE(all, 4U * 3U);
  EXPECT_LE(all, 4U * 4U);
}

TEST_F(JournalUse, NoPowerCutTakesARoundWhateverPeopleDo) {
  start();
  for (int round = 0; round < 300; ++round) {
    const fs::path file = csv(tasks[random() % tasks.size()]);
    switch (random() % 12) {
      case 0:
        fs::remove(file);
        break;
      case 1:
        if (fs::exists(file)) {
          std::ofstream(file, std::ios::app) << "note\n";
        }
        break;
      case 2:
        if (fs::exists(file)) {
          fs::rename(file, file.string() + ".old");
        }
        break;
      case 3:
        fs::remove(journal());
        break;
      case 4:
        if (fs::exists(file)) {  // the header is its own still, or it is not ours any more
          fs::resize_file(file, std::max(task_csv_header().size(), fs::file_size(file) / 2));
        }
        break;
      default:
        break;
    }
    ASSERT_TRUE(write(tasks).empty());
    expect_whole_after_power_cut("round " + std::to_string(round));
  }
}

TEST_F(JournalUse, NoPowerCutTakesARoundOfFilesThatAreNotKeptOpen) {
  const test::OpenFilesLimit limit(6);
  start();
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(write(tasks).empty());
  }
  EXPECT_EQ(test::synced, std::vector<fs::path>{journal()});
  expect_whole_after_power_cut("not kept open");
}

TEST_F(JournalUse, NextRecorderGoesOnWhereAKilledOneHasEnded) {
  start();
  for (int round = 0; round < 5; ++round) {
    (void)write(tasks);
  }
  const std::string left = read_text(journal());
  const std::string csv_before = read_text(csv("11"));
  sink.reset();
  EXPECT_FALSE(fs::exists(journal())) << "after a clean end there is nothing to replay";
  // As it was when it was killed, and then the power failed.
  write_text(journal(), left);
  fs::resize_file(csv("11"), csv_before.size() - 3);
  for (const SyncLevel level : {SyncLevel::started, SyncLevel::finished}) {
    const test::LogCapture log;
    sink = std::make_unique<TaskCsvSink>(output, level);
    EXPECT_EQ(read_text(csv("11")), csv_before);
    EXPECT_FALSE(fs::exists(journal()));
    EXPECT_EQ(log.count("the journal had 1 rows of 1 files"), 1U);
    sink.reset();
    write_text(journal(), left);
    fs::resize_file(csv("11"), csv_before.size() - 3);
  }
}

TEST_F(JournalUse, CleanEndBringsTheCsvsToTheDisk) {
  start();
  for (int round = 0; round < 5; ++round) {
    (void)write(tasks);
  }
  test::synced.clear();
  sink.reset();
  for (const std::string& task : tasks) {
    EXPECT_EQ(syncs_of(csv(task)), 1U);
  }
  expect_whole_after_power_cut("after the end");
}

TEST_F(JournalUse, WithoutAJournalEachCsvIsSyncedAndThatIsSaid) {
  fs::create_directory(journal());
  start();
  (void)write(tasks);
  for (int round = 0; round < 3; ++round) {
    const Conditions conditions = write(tasks);
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(conditions[0].severity, Severity::warning);
    EXPECT_EQ(conditions[0].message,
              "there is no journal: " + journal().string() +
                  ": Is a directory; the disk has to take each file by itself in every round, "
                  "which takes longer");
    for (const std::string& task : tasks) {
      EXPECT_EQ(syncs_of(csv(task)), 1U);
    }
  }
  fs::remove(journal());
  for (int round = 0; round < 50; ++round) {
    (void)write(tasks);
  }
  EXPECT_TRUE(write(tasks).empty()) << "it is tried again now and then";
  EXPECT_EQ(test::synced, std::vector<fs::path>{journal()});
}

TEST_F(JournalUse, JournalThatTheDiskRefusesIsGivenUpAndTheCsvsAreSynced) {
  start();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(write(tasks).empty());
  }
  test::sync_refusal = EIO;
  const auto conditions = write(tasks);
  test::sync_refusal = 0;
  ASSERT_FALSE(conditions.empty());
  EXPECT_NE(conditions.back().message.find(".wemol-recorder.journal: Input/output error"),
            std::string::npos);
  EXPECT_FALSE(write(tasks).empty());
  expect_whole_after_power_cut("without a journal");
}

TEST_F(JournalUse, IsMadeAnewWhenItIsRemovedOrTooSmall) {
  start();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(write(tasks).empty());
  }
  const auto usual = fs::file_size(journal());
  fs::remove(journal());
  ASSERT_TRUE(write(tasks).empty());
  EXPECT_EQ(fs::file_size(journal()), usual);
  std::vector<std::string> many;
  for (int rows_of_each = 0; rows_of_each < 180; ++rows_of_each) {
    many.insert(many.end(), tasks.begin(), tasks.end());
  }
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(write(many).empty());
    expect_whole_after_power_cut("grown");
  }
  EXPECT_GT(fs::file_size(journal()), usual);
}

TEST_F(JournalUse, IsNothingToTheReport) {
  start();
  (void)write(tasks);
  (void)write(tasks);
  ASSERT_TRUE(fs::exists(journal()));
  const auto tree = reading::list_tree(
      output, [](const fs::path& path, const std::string&) { ADD_FAILURE() << path; });
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->tasks.size(), tasks.size());
  EXPECT_TRUE(tree->ledgers.empty());
}

}  // namespace
}  // namespace wemol
