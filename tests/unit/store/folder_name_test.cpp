#include "folder_name.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

struct FolderCase {
  std::string module;
  std::string folder;
};

void PrintTo(const FolderCase& test_case, std::ostream* out) {
  *out << test_case.folder;
}

class Folder : public testing::TestWithParam<FolderCase> {};

TEST_P(Folder, OfModule) {
  EXPECT_EQ(folder_name(GetParam().module), GetParam().folder);
}

INSTANTIATE_TEST_SUITE_P(
    All, Folder,
    testing::Values(FolderCase{"MD (GMX2024)", "MD (GMX2024)"},
                    FolderCase{"分子动力学", "分子动力学"},
                    FolderCase{"a<b>c:d\"e/f\\g|h?i*j", "a_b_c_d_e_f_g_h_i_j"},
                    FolderCase{"a\x01"
                               "b\x7f"
                               "c\td\ne",
                               "a_b_c_d_e"},
                    FolderCase{"a\xC2\x85"
                               "b",
                               "a_b"},
                    FolderCase{"  a   b  ", "a b"},
                    FolderCase{"a\xE3\x80\x80\xC2\xA0"
                               "b",
                               "a b"},
                    FolderCase{"name...", "name"}, FolderCase{"name. . .", "name"},
                    FolderCase{".hidden", ".hidden"}, FolderCase{"..", "Unknown_Module"},
                    FolderCase{".", "Unknown_Module"}, FolderCase{"", "Unknown_Module"},
                    FolderCase{"   ", "Unknown_Module"}, FolderCase{"Unknown", "Unknown_Module"},
                    FolderCase{" Unknown. ", "Unknown_Module"},
                    FolderCase{"../../etc/cron.d/x", ".._.._etc_cron.d_x"}, FolderCase{"/", "_"},
                    FolderCase{std::string("a\0b", 3), "a_b"},
                    FolderCase{"=cmd|' /C calc'!A0", "=cmd_' _C calc'!A0"},
                    FolderCase{std::string(300, 'x'), std::string(255, 'x')},
                    FolderCase{std::string(254, 'x') + "学", std::string(254, 'x')},
                    FolderCase{std::string(254, 'x') + ".y", std::string(254, 'x')},
                    FolderCase{"broken \xFF\xE5\xAD utf-8", "broken \xFF\xE5\xAD utf-8"}));

TEST(FolderName, FiveThousandChineseCharactersAreCutBetweenCharacters) {
  std::string module;
  for (int i = 0; i < 5000; ++i) {
    module += "学";
  }
  EXPECT_EQ(folder_name(module).size(), 255U);
  EXPECT_EQ(folder_name(module).substr(252), "学");
}

}  // namespace
}  // namespace wemol
