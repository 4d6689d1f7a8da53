#include "csv_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>

#include "open_files_limit.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::read_text;
using test::TempDir;
using test::write_text;

constexpr std::string_view kHeader = "a,b\r\n";

/// Lets no file of this process grow beyond `bytes`: writes stop half-way, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

class Csv : public testing::Test {
 protected:
  /// How many descriptors of this process are of this file now.
  static std::ptrdiff_t descriptors_of(const std::filesystem::path& of) {
    return std::ranges::count_if(std::filesystem::directory_iterator("/proc/self/fd"),
                                 [&](const auto& entry) {
                                   std::error_code gone;
                                   return std::filesystem::read_symlink(entry.path(), gone) == of;
                                 });
  }

  TempDir dir;
  CsvFile file{dir / "module", "7", kHeader};
  std::filesystem::path path = dir / "module/7.csv";
};

TEST_F(Csv, FolderFileAndHeaderAreMadeWithTheFirstRow) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n3,4\r\n");
}

TEST_F(Csv, EmptyFileGetsTheHeader) {
  write_text(path, "");
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, ExistingFileIsContinuedWhateverItsLineEnds) {
  write_text(path, "a,b\n1,2\n");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\n1,2\n3,4\r\n");
}

TEST_F(Csv, FileWithAByteOrderMarkIsContinued) {
  write_text(path,
             "\xEF\xBB\xBF"
             "a,b\r\n");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path),
            "\xEF\xBB\xBF"
            "a,b\r\n3,4\r\n");
}

TEST_F(Csv, LastLineWithoutAnEndGetsOne) {
  write_text(path, "a,b\r\n1,");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,\r\n3,4\r\n");
}

TEST_F(Csv, LastLineWithHalfAnEndGetsTheOtherHalf) {
  write_text(path, "a,b\r\n1,2\r");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n3,4\r\n");
}

TEST_F(Csv, HeaderWithoutAnEndGetsOne) {
  write_text(path, "a,b");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n3,4\r\n");
}

TEST_F(Csv, FilesWithAnotherHeaderAreLeftAlone) {
  write_text(path, "x,y\r\n");
  write_text(dir / "module/7-2.csv", "a,b,c\r\n");
  ASSERT_TRUE(file.append("1,2\r\n"));
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "x,y\r\n");
  EXPECT_EQ(read_text(dir / "module/7-2.csv"), "a,b,c\r\n");
  EXPECT_EQ(read_text(dir / "module/7-3.csv"), "a,b\r\n1,2\r\n3,4\r\n");
}

TEST_F(Csv, WhatIsNoFileIsLeftAlone) {
  std::filesystem::create_directories(path);
  mkfifo((dir / "module/7-2.csv").c_str(), 0600);
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(dir / "module/7-3.csv"), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, RemovedFileIsBegunAnew) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::remove(path);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n3,4\r\n");
  std::filesystem::remove_all(dir / "module");
  ASSERT_TRUE(file.append("5,6\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n5,6\r\n");
}

TEST_F(Csv, RenamedFileIsBegunAnew) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::rename(path, dir / "module/old.csv");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n3,4\r\n");
  EXPECT_EQ(read_text(dir / "module/old.csv"), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, FileThatSomebodyEditedMeanwhileIsLookedAtAgain) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  write_text(path, "a,b\r\n1,2\r\nhalf");
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\nhalf\r\n3,4\r\n");
}

TEST_F(Csv, FileToWhichSomebodyAppendedIsContinuedBehindIt) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::ofstream(path, std::ios::app) << "9,9\n";
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n9,9\n3,4\r\n");
}

TEST_F(Csv, TruncatedFileIsBegunAnew) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::resize_file(path, 0);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n3,4\r\n");
}

TEST_F(Csv, FileCutInTheMiddleOfALineGetsALineEnd) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::resize_file(path, 7);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,\r\n3,4\r\n");
}

TEST_F(Csv, FileThatAnotherOfTheSameSizeReplacedIsLookedAtAgain) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  write_text(dir / "module/new", "x,y\r\n1,2\r\n");
  std::filesystem::rename(dir / "module/new", path);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "x,y\r\n1,2\r\n");
  EXPECT_EQ(read_text(dir / "module/7-2.csv"), "a,b\r\n3,4\r\n");
  EXPECT_EQ(file.path(), dir / "module/7-2.csv");
}

TEST_F(Csv, FirstFileThatIsFitAgainTakesTheRows) {
  write_text(path, "x,y\r\n");
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::remove(path);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(dir / "module/7-2.csv"), "a,b\r\n1,2\r\n");
  EXPECT_EQ(read_text(path), "a,b\r\n3,4\r\n");
}

TEST_F(Csv, StaysOpenBetweenItsRows) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(descriptors_of(path), 1);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(descriptors_of(path), 1);
}

TEST_F(Csv, RemovedFileIsNotKeptOpen) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  std::filesystem::remove(path);
  EXPECT_EQ(descriptors_of(path.string() + " (deleted)"), 1);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(descriptors_of(path.string() + " (deleted)"), 0);
  EXPECT_EQ(descriptors_of(path), 1);
}

TEST_F(Csv, DoesNotStayOpenWhenManyDescriptorsAreUsed) {
  {
    const test::OpenFilesLimit limit(2);
    ASSERT_TRUE(file.append("1,2\r\n"));
    ASSERT_TRUE(file.append("3,4\r\n"));
  }
  EXPECT_EQ(descriptors_of(path), 0);
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n3,4\r\n");
}

TEST_F(Csv, UsedUpDescriptorsAreAnErrorThatMayPass) {
  {
    const test::OpenFilesLimit limit(0);
    const auto appended = file.append("1,2\r\n");
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, EMFILE);
    EXPECT_FALSE(appended.error().no_folder);
  }
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, RowThatDoesNotFitIsThereWholeOrNot) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  {
    const FileSizeLimit limit(13);  // three bytes of the next row
    const auto appended = file.append("3,4\r\n");
    ASSERT_FALSE(appended);
    EXPECT_FALSE(appended.error().no_folder);
    EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n");
  }
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n3,4\r\n");
}

TEST_F(Csv, HeaderThatDoesNotFitLeavesTheFileEmpty) {
  {
    const FileSizeLimit limit(3);
    ASSERT_FALSE(file.append("1,2\r\n"));
  }
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(path), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, FolderThatIsALinkToItselfOrToNowhereCannotBeMade) {
  std::filesystem::create_symlink("module", dir / "module");
  std::filesystem::create_symlink("two", dir / "one");
  std::filesystem::create_symlink("one", dir / "two");
  std::filesystem::create_symlink("nowhere", dir / "dangling");
  for (const char* folder : {"module", "one", "module/below", "dangling"}) {
    CsvFile csv{dir / folder, "7", kHeader};
    const auto appended = csv.append("1,2\r\n");
    ASSERT_FALSE(appended) << folder;
    EXPECT_TRUE(appended.error().no_folder) << folder << ": " << appended.error().message;
    EXPECT_NE(appended.error().message.find(folder), std::string::npos);
  }
  std::filesystem::remove(dir / "module");
  EXPECT_TRUE(file.append("1,2\r\n")) << "is made when the link is gone";
}

TEST_F(Csv, FolderWhosePathIsTooLongCannotBeMade) {
  std::filesystem::path deep = dir / "";
  for (int level = 0; level < 30; ++level) {
    deep /= std::string(200, 'x');
  }
  CsvFile csv{deep, "7", kHeader};
  const auto appended = csv.append("1,2\r\n");
  ASSERT_FALSE(appended);
  EXPECT_TRUE(appended.error().no_folder);
}

TEST_F(Csv, FileThatIsALinkToItselfIsLeftAlone) {
  std::filesystem::create_directory(dir / "module");
  std::filesystem::create_symlink("7.csv", path);
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(dir / "module/7-2.csv"), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, SearchForANameEnds) {
  std::filesystem::create_directories(path);
  for (unsigned number = 2; number <= CsvFile::kMostNumbers + 1; ++number) {
    std::filesystem::create_directory(dir / "module" / ("7-" + std::to_string(number) + ".csv"));
  }
  const auto appended = file.append("1,2\r\n");
  ASSERT_FALSE(appended);
  EXPECT_FALSE(appended.error().no_folder) << "the row waits";
  const auto last = dir / "module" / ("7-" + std::to_string(CsvFile::kMostNumbers) + ".csv");
  EXPECT_NE(appended.error().message.find(last.string()), std::string::npos);
  std::filesystem::remove(last);
  EXPECT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(read_text(last), "a,b\r\n1,2\r\n");
}

TEST_F(Csv, NameThatIsTooLongIsAnErrorAtOnce) {
  CsvFile csv{dir / "module", std::string(300, '7'), kHeader};
  const auto appended = csv.append("1,2\r\n");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ENAMETOOLONG);
  EXPECT_FALSE(appended.error().no_folder);
}

TEST_F(Csv, FolderThatCannotBeMadeIsToldApart) {
  write_text(dir / "module", "a file");
  const auto appended = file.append("1,2\r\n");
  ASSERT_FALSE(appended);
  EXPECT_TRUE(appended.error().no_folder);
}

}  // namespace
}  // namespace wemol
