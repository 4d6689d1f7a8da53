#include "token_file.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::agent {
namespace {

class TokenFile : public testing::Test {
 protected:
  Result<std::string> read(const std::string& text, mode_t mode = 0600) {
    test::write_text(file_, text);
    chmod(file_.c_str(), mode);
    return read_token(file_);
  }
  std::string problem(const Result<std::string>& token) {
    return token ? "none: " + *token : token.error().message;
  }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "token";
};

TEST_F(TokenFile, HasOneLine) {
  EXPECT_EQ(read("0123456789abcdef\n").value_or(""), "0123456789abcdef");
  EXPECT_EQ(read("0123456789abcdef").value_or(""), "0123456789abcdef");
  EXPECT_EQ(read(" 0123456789abcdef \r\n", 0640).value_or(""), "0123456789abcdef");
}

TEST_F(TokenFile, ThatAllUsersCanReadIsRefused) {
  for (const mode_t mode : {0644U, 0604U, 0602U, 0601U}) {
    const auto token = read("0123456789abcdef\n", mode);
    EXPECT_NE(problem(token).find("chmod 640 " + file_.string()), std::string::npos)
        << problem(token);
  }
}

TEST_F(TokenFile, WithoutATokenIsRefused) {
  for (const std::string text :
       {"", "\n", "short\n", "0123456789abcde\n", "01234567 89abcdef\n",
        "0123456789abcdef\n0123456789abcdef\n", "0123456789abcde\xc3\xa4"}) {
    EXPECT_NE(problem(read(text)).find("16 or more"), std::string::npos) << text;
  }
}

TEST_F(TokenFile, ThatIsNoneIsRefused) {
  EXPECT_NE(problem(read_token(dir_ / "missing")).find("No such file"), std::string::npos);
  EXPECT_NE(problem(read_token(dir_.path())).find("not a regular file"), std::string::npos);
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_NE(problem(read_token(dir_ / "pipe")).find("not a regular file"), std::string::npos);
  EXPECT_NE(problem(read(std::string(5000, 'x'))).find("larger than"), std::string::npos);
}

}  // namespace
}  // namespace wemol::agent
