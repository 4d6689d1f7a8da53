#include "module_catalog.h"

#include <cerrno>

#include <gtest/gtest.h>

#include <wemol/snapshot.h>

#include "fake_file_reader.h"

namespace wemol {
namespace {

using test::FakeFileReader;

std::string path_in(const std::string& worker) {
  return "/root/Worker." + worker + "/work_blob/21/78/132178/task.json";
}

std::string task_json(const std::string& name) {
  return R"({"Id": 7, "Module": {"Id": [1, {"Name": "no"}], "Name": ")" + name +
         R"("}, "Name": "no"})";
}

class Modules : public testing::Test {
 protected:
  std::string name() { return catalog.name_of("container", "132178", conditions); }
  FakeFileReader files;
  ModuleCatalog catalog{files, "/root"};
  Conditions conditions;
};

TEST_F(Modules, NameStandsAtModuleName) {
  files.files[path_in("GPU")] = task_json("MD (GMX2024)");
  EXPECT_EQ(name(), "MD (GMX2024)");
  EXPECT_TRUE(conditions.empty());
}

TEST_F(Modules, AnotherTaskRootCountsForNamesThatAreNotFoundYet) {
  files.files[path_in("GPU")] = task_json("first");
  EXPECT_EQ(name(), "first");
  files.files["/other/Worker.GPU/work_blob/21/78/132178/task.json"] = task_json("second");
  catalog.set_task_root("/other");
  EXPECT_EQ(name(), "first");
  EXPECT_EQ(catalog.name_of("another", "132178", conditions), "second");
}

TEST_F(Modules, NameMayBeAnyUtf8) {
  files.files[path_in("GPU")] = task_json("分子动力学");
  EXPECT_EQ(name(), "分子动力学");
}

TEST_F(Modules, TaskRootThatHangsIsSaidOnceForAllTasksAndNotAskedAgainForTheOtherWorkers) {
  class HangingRoot : public FileReader {
   public:
    mutable int reads = 0;
    [[nodiscard]] Result<std::string> read(const std::filesystem::path& /*path*/,
                                           std::size_t /*max_bytes*/) const override {
      ++reads;
      return failure("the file system has not answered", ETIMEDOUT);
    }
  };
  const HangingRoot root;
  ModuleCatalog modules(root, "/root");
  EXPECT_EQ(modules.name_of("1", "132178", conditions), kUnknownModule);
  EXPECT_EQ(modules.name_of("2", "132179", conditions), kUnknownModule);
  EXPECT_EQ(root.reads, 2);
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_TRUE(conditions.front().follow_up);
}

TEST_F(Modules, WorkersAreTriedInOrder) {
  files.files[path_in("ALL")] = task_json("all");
  EXPECT_EQ(catalog.name_of("1", "132178", conditions), "all");
  files.files[path_in("AF2")] = task_json("af2");
  EXPECT_EQ(catalog.name_of("2", "132178", conditions), "af2");
  files.files[path_in("CPU")] = task_json("cpu");
  EXPECT_EQ(catalog.name_of("3", "132178", conditions), "cpu");
  files.files[path_in("GPU")] = task_json("gpu");
  EXPECT_EQ(catalog.name_of("4", "132178", conditions), "gpu");
}

TEST_F(Modules, FileThatIsNotJsonIsPassedOver) {
  files.files[path_in("GPU")] = "{\"Module\": {\"Name\": \"half";
  files.files[path_in("CPU")] = task_json("cpu");
  EXPECT_EQ(name(), "cpu");
}

TEST_F(Modules, FirstFileThatCanBeParsedCountsEvenWithoutAName) {
  files.files[path_in("GPU")] = "{}";
  files.files[path_in("CPU")] = task_json("cpu");
  EXPECT_EQ(name(), "Unknown");
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_NE(conditions[0].message.find("Worker.GPU"), std::string::npos);
  EXPECT_NE(conditions[0].message.find("Module"), std::string::npos);
}

TEST_F(Modules, WhatIsNotANonEmptyTextIsUnknown) {
  for (const char* text :
       {R"({"Module": {"Name": ""}})", R"({"Module": {"Name": 5}})",
        R"({"Module": {"Name": null}})", R"({"Module": {"Name": ["x"]}})",
        R"({"Module": {"Name": {"Name": "x"}}})", R"({"Module": "Name"})",
        R"({"Module": [{"Name": "x"}]})", R"({"Name": "x"})", R"([{"Module": {"Name": "x"}}])",
        R"("Module")", "", "not json", "{\"Module\": {\"Name\": \"\xff\xfe\"}}"}) {
    files.files[path_in("GPU")] = text;
    conditions.clear();
    EXPECT_EQ(name(), "Unknown") << text;
    EXPECT_EQ(conditions.size(), 1U) << text;
  }
}

TEST_F(Modules, KeyThatIsThereTwiceCountsAsItStandsLast) {
  files.files[path_in("GPU")] = R"({"Module": {"Name": "a", "Name": "b"}, "X": {"Name": "c"}})";
  EXPECT_EQ(name(), "b");
  files.files[path_in("CPU")] = R"({"Module": {"Name": "a"}, "Module": {"Id": 1}})";
  files.files.erase(path_in("GPU"));
  EXPECT_EQ(catalog.name_of("2", "132178", conditions), "Unknown");
}

TEST_F(Modules, FileThatWasRefusedIsReadAgainWhenItHasChanged) {
  files.files[path_in("GPU")] = "{\"Module\": ";
  EXPECT_EQ(name(), "Unknown");
  EXPECT_EQ(name(), "Unknown");
  EXPECT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions.front().message, conditions.back().message);
  files.files[path_in("GPU")] = "{}";
  EXPECT_EQ(name(), "Unknown");
  EXPECT_NE(conditions.front().message, conditions.back().message);
  files.files[path_in("GPU")] = task_json("first");
  EXPECT_EQ(name(), "first");
}

TEST_F(Modules, ReasonIsStatedOncePerTaskInTheLog) {
  (void)catalog.name_of("container-1", "132178", conditions);
  (void)catalog.name_of("container-2", "132178", conditions);
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[0].key, conditions[1].key);
  EXPECT_FALSE(conditions[0].follow_up);
  EXPECT_EQ(conditions[0].message,
            "task 132178: the module is Unknown: there is no "
            "/root/Worker.{GPU,CPU,AF2,ALL}/work_blob/21/78/132178/task.json");
}

TEST_F(Modules, UnknownIsLookedForAgainAndAFoundNameIsKept) {
  EXPECT_EQ(name(), "Unknown");
  files.files[path_in("GPU")] = task_json("first");
  EXPECT_EQ(name(), "first");
  files.files[path_in("GPU")] = task_json("second");
  EXPECT_EQ(name(), "first");
  catalog.forget_all_but([](const std::string&) { return false; });
  EXPECT_EQ(name(), "second");
}

TEST_F(Modules, IdUnderFourCharactersHasNoPath) {
  EXPECT_EQ(catalog.name_of("container", "123", conditions), "Unknown");
  EXPECT_TRUE(files.reads.empty());
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_NE(conditions[0].message.find("fewer than four"), std::string::npos);
  (void)catalog.name_of("container", "0123", conditions);
  EXPECT_TRUE(files.reads.contains("/root/Worker.GPU/work_blob/01/23/0123/task.json"));
}

TEST_F(Modules, DeepNestingIsNoTrouble) {
  constexpr std::size_t kDepth = 100'000;
  files.files[path_in("GPU")] = R"({"X": )" + std::string(kDepth, '[') + std::string(kDepth, ']') +
                                R"(, "Module": {"Name": "deep"}})";
  EXPECT_EQ(name(), "deep");
  files.files[path_in("GPU")] = R"({"Module": {"Name": )" + std::string(kDepth, '[');
  catalog.forget_all_but([](const std::string&) { return false; });
  EXPECT_EQ(name(), "Unknown");
}

}  // namespace
}  // namespace wemol
