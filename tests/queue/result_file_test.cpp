#include "result_file.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

class ResultFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<TryResult> read() const {
    const auto result = read_result(dir.path(), "compete_1");
    EXPECT_TRUE(result);
    return result.value_or(std::nullopt);
  }
  test::TempDir dir;
};

TEST_F(ResultFileTest, IsThereWhenItHasBeenWritten) {
  EXPECT_FALSE(read());
  auto file = ResultFile::reserve(dir.path(), "compete_1");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(read()) << "the room for it is none";
  ASSERT_TRUE(file->write({.failure = Failure::signal, .code = 9, .text = "killed \"so\"\n\xff"}));
  const auto result = read();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->has_succeeded);
  EXPECT_EQ(result->failure, Failure::signal);
  EXPECT_EQ(result->code, 9);
  EXPECT_TRUE(result->text.starts_with("killed \"so\"\n"));
  remove_result(dir.path(), "compete_1");
  EXPECT_FALSE(read());
}

TEST_F(ResultFileTest, EachFailureComesBack) {
  for (const Failure failure :
       {Failure::exit_status, Failure::signal, Failure::timeout, Failure::out_of_memory,
        Failure::reported, Failure::not_started, Failure::unknown}) {
    auto file = ResultFile::reserve(dir.path(), "compete_1");
    ASSERT_TRUE(file && file->write({.failure = failure}));
    EXPECT_EQ(read()->failure, failure);
  }
}

TEST_F(ResultFileTest, AnEndlessTextIsCut) {
  auto file = ResultFile::reserve(dir.path(), "compete_1");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write({.has_succeeded = true, .text = std::string(100'000, '\x01')}));
  const auto result = read();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->has_succeeded);
  EXPECT_LE(result->text.size(), 1024U);
}

TEST_F(ResultFileTest, WhatIsNoResultIsAnError) {
  for (const char* text : {"", "{}", "[1]", R"({"has_succeeded":true)"}) {
    test::write_text(dir / "results/compete_1.json", text);
    EXPECT_FALSE(read_result(dir.path(), "compete_1")) << text;
  }
}

}  // namespace
}  // namespace wemol::queue
