#include "portfile.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::agent {
namespace {

const serve::ListenAddress kPort{.host = "127.0.0.1", .port = 8080};

class PortfileTest : public testing::Test {
 protected:
  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "portfile";
};

TEST_F(PortfileTest, SaysWhereTheAgentListensWhileItLives) {
  {
    const auto portfile = Portfile::write(file_, kPort);
    ASSERT_TRUE(portfile) << portfile.error().message;
    EXPECT_EQ(test::read_text(file_), "sock=8080");
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(PortfileTest, NamesAUnixSocketByItsWholePath) {
  EXPECT_EQ(portfile_text({.path = "/run/x.sock"}), "unix=/run/x.sock");
  EXPECT_EQ(portfile_text({.path = "x.sock"}),
            "unix=" + (std::filesystem::current_path() / "x.sock").string());
}

TEST_F(PortfileTest, TakesThePlaceOfAnOldOne) {
  test::write_text(file_, "sock=1");
  const auto portfile = Portfile::write(file_, kPort);
  ASSERT_TRUE(portfile);
  EXPECT_EQ(test::read_text(file_), "sock=8080");
}

TEST_F(PortfileTest, LeavesThatOfAnotherAgentAlone) {
  {
    const auto portfile = Portfile::write(file_, kPort);
    ASSERT_TRUE(portfile);
    test::write_text(file_, "sock=9090");
  }
  EXPECT_EQ(test::read_text(file_), "sock=9090");
}

TEST_F(PortfileTest, AFolderIsAnErrorThatSaysWhatToDo) {
  const auto portfile = Portfile::write(dir_.path(), kPort);
  ASSERT_FALSE(portfile);
  EXPECT_NE(portfile.error().message.find("is a folder: name a file in it"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir_.path().string() + ".new"));
}

TEST_F(PortfileTest, AMissingFolderIsAnError) {
  const auto portfile = Portfile::write(dir_ / "missing/portfile", kPort);
  ASSERT_FALSE(portfile);
  EXPECT_NE(portfile.error().message.find("--portfile"), std::string::npos);
  EXPECT_NE(portfile.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace wemol::agent
