#include <iostream>
#include <string>

#include <gtest/gtest.h>

namespace {

/// A suite that is not in the list of CMakeLists.txt would never be run by ctest.
bool all_suites_are_listed() {
  const std::string listed = std::string(":") + WEMOL_LISTED_SUITES + ":";
  const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
  bool complete = true;
  for (int i = 0; i < tests.total_test_suite_count(); ++i) {
    std::string name = tests.GetTestSuite(i)->name();
    name.erase(0, name.find('/') + 1);  // one with parameters has a name in front
    if (listed.find(":" + name + ":") == std::string::npos) {
      std::cerr << "the suite " << name << " is missing in the list of its CMakeLists.txt\n";
      complete = false;
    }
  }
  return complete;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return all_suites_are_listed() ? RUN_ALL_TESTS() : 1;
}
