#include <cerrno>

#include <gtest/gtest.h>

#include "blocking_worker.h"
#include "gate.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCap = 1000;

/// Every path is a file that holds its own path; those below /hangs wait for the test,
/// those below /missing are not there.
class HangingFiles : public FileReader {
 public:
  explicit HangingFiles(test::Gate gate) : gate_(std::move(gate)) {}
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t /*max_bytes*/) const override {
    if (path.string().starts_with("/hangs")) {
      gate_.pass();
    }
    if (path.string().starts_with("/missing")) {
      return failure("is not there", ENOENT);
    }
    return path.string();
  }

 private:
  test::Gate gate_;
};

class PatientFiles : public testing::Test {
 protected:
  ~PatientFiles() override { gate.open(); }
  int code_of(const std::string& path) {
    const auto text = files.read(path, kCap);
    return text ? 0 : text.error().code;
  }
  std::vector<Result<std::string>> first_of(const std::vector<std::filesystem::path>& paths) {
    return files.read_first(paths, kCap);
  }
  test::Gate gate;
  PatientFileReader files{std::make_shared<HangingFiles>(gate), 1ms};
};

TEST_F(PatientFiles, AreThoseOfTheReaderBehind) {
  files.set_longest_wait(1h);
  EXPECT_EQ(files.read("/a", kCap), "/a");
  EXPECT_EQ(files.read("/b", kCap), "/b");
}

TEST_F(PatientFiles, TheFirstThatCanBeReadCountsAndThoseBehindItAreNotTouched) {
  files.set_longest_wait(1h);
  const auto texts = first_of({"/missing", "/a", "/hangs"});
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].error().code, ENOENT);
  EXPECT_EQ(texts[1], "/a");
  EXPECT_EQ(first_of({"/missing", "/missing/2"}).size(), 2U);
}

TEST_F(PatientFiles, OneThatHangsMakesEachOfThoseAskedWithItAnError) {
  const auto texts = first_of({"/missing", "/hangs"});
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].error().code, ETIMEDOUT);
  EXPECT_EQ(texts[1].error().code, ETIMEDOUT);
  gate.wait_for_one();
  gate.open();
  while (!first_of({"/missing", "/hangs"})[1]) {
  }
}

TEST_F(PatientFiles, AFileThatHangsIsAnErrorAndSoIsEveryOtherUntilItAnswers) {
  EXPECT_EQ(code_of("/hangs"), ETIMEDOUT);
  files.set_longest_wait(1h);
  const auto other = files.read("/a", kCap);  // would wait for an hour if it waited
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ETIMEDOUT);
  EXPECT_NE(other.error().message.find("has not answered for /hangs"), std::string::npos);
}

TEST_F(PatientFiles, ALateAnswerIsThatOfItsFile) {
  EXPECT_EQ(code_of("/hangs/1"), ETIMEDOUT);
  gate.wait_for_one();
  gate.open();
  while (code_of("/hangs/1") != 0) {
  }
  gate.close();
  EXPECT_EQ(code_of("/hangs/1"), ETIMEDOUT) << "the late answer is given once";
}

TEST_F(PatientFiles, AnotherFileSystemIsReadWhileTheFirstHangs) {
  EXPECT_EQ(code_of("/hangs"), ETIMEDOUT);
  files.change_file_system();
  files.set_longest_wait(1h);
  EXPECT_EQ(files.read("/a", kCap), "/a");
}

}  // namespace
}  // namespace wemol
