#include "run_names.h"

#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

namespace wemol::sdk {
namespace {

/// A variable of the environment for one test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (value != nullptr) {
      setenv(name, value, 1);
    } else {
      unsetenv(name);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(RunNames, UsualNamesStay) {
  for (const char* const name : {"run-1", "20261128_lr=1e-4", "模型", "a.b", "x@y,z+1"}) {
    EXPECT_EQ(file_name(name), name);
  }
}

TEST(RunNames, ANameThatWasMadeStays) {
  for (std::size_t length = 1; length < 300; ++length) {
    const std::string made = file_name(std::string(length, 'a') + " b");
    EXPECT_EQ(file_name(made), made) << length;
  }
}

TEST(RunNames, NoNameLeavesItsFolder) {
  for (const char* const name : {"..", ".", "", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b",
                                 "a\nb", "~root", ".hidden", "a b", "x*?"}) {
    const std::string made = file_name(name);
    EXPECT_EQ(made.find_first_of("/\\\n *?~"), std::string::npos) << made;
    EXPECT_NE(made.front(), '.') << made;
    EXPECT_FALSE(made.empty());
  }
  EXPECT_EQ(file_name(std::string_view("a\0b", 3)).find('\0'), std::string::npos);
}

TEST(RunNames, DifferentNamesStayDifferent) {
  std::set<std::string> made;
  for (const char* const name : {"a/b", "a\\b", "a_b", "a b", "a?b", "", "_", ".", ".."}) {
    EXPECT_TRUE(made.insert(file_name(name)).second) << name;
  }
  const std::string long_name(1000, 'x');
  EXPECT_NE(file_name(long_name), file_name(long_name + "y"));
}

TEST(RunNames, LongNamesAreCutBetweenLetters) {
  std::string name;
  for (int i = 0; i < 200; ++i) {
    name += "語";
  }
  const std::string made = file_name(name);
  EXPECT_LE(made.size(), 240U);
  EXPECT_EQ(made.rfind("語") % 3, 0U);
  EXPECT_EQ(made.substr(made.rfind("語") + 3).front(), '-');
}

TEST(RunNames, MadeIdsAreFileNamesAndDiffer) {
  const std::string id = new_run_id();
  EXPECT_EQ(file_name(id), id);
  EXPECT_NE(new_run_id(), id);
}

TEST(RunNames, FolderComesFromTheCallerThenTheEnvironment) {
  const Variable variable("WEMOL_DIR", "/srv/runs");
  EXPECT_EQ(runs_folder("/data"), "/data");
  EXPECT_EQ(runs_folder(""), "/srv/runs");
  const Variable none("WEMOL_DIR", nullptr);
  EXPECT_EQ(runs_folder(""), std::filesystem::current_path() / "wemol-runs");
}

TEST(RunNames, NodeComesFromTheCallerThenSlurm) {
  EXPECT_EQ(node_name(""), "localhost");
  const Variable variable("SLURM_NODEID", "7");
  EXPECT_EQ(node_name(""), "7");
  EXPECT_EQ(node_name("n1"), "n1");
}

}  // namespace
}  // namespace wemol::sdk
