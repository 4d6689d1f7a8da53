#include "module_catalog.h"

#include <cerrno>

#include <gtest/gtest.h>

#include <wemol/snapshot.h>

#include "fake_clock.h"
#include "fake_file_reader.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
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
  /// In a round of its own.
  std::string name() {
    clock.steady += ModuleCatalog::kLooksAgainAfter;
    return catalog.name_of("container", "132178", conditions);
  }
  FakeFileReader files;
  test::FakeClock clock;
  ModuleCatalog catalog{files, clock, "/root"};
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

/// Files of which those that are named hang.
class HangingFiles : public FakeFileReader {
 public:
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override {
    if (path.string().find(hanging) != std::string::npos) {
      return failure("the file system has not answered", ETIMEDOUT);
    }
    return FakeFileReader::read(path, max_bytes);
  }
  [[nodiscard]] std::vector<Result<std::string>> read_first(
      std::span<const std::filesystem::path> paths, std::size_t max_bytes) const override {
    ++questions;
    return FakeFileReader::read_first(paths, max_bytes);
  }

  std::string hanging = "/root";
  mutable int questions = 0;
};

TEST_F(Modules, TaskRootThatHangsIsSaidOnceForAllTasksAndAskedOnceForAllWorkersOfATask) {
  const HangingFiles root;
  ModuleCatalog modules(root, clock, "/root");
  EXPECT_EQ(modules.name_of("1", "132178", conditions), kUnknownModule);
  EXPECT_EQ(modules.name_of("2", "132179", conditions), kUnknownModule);
  EXPECT_EQ(root.questions, 2);
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_TRUE(conditions.front().follow_up);
}

TEST_F(Modules, WorkersFolderThatHangsCostsNoNameThatStandsBeforeIt) {
  HangingFiles root;
  root.hanging = "Worker.AF2";
  ModuleCatalog modules(root, clock, "/root");
  root.files[path_in("CPU")] = task_json("cpu");
  EXPECT_EQ(modules.name_of("1", "132178", conditions), "cpu");
  EXPECT_EQ(root.questions, 1);
  root.files[path_in("CPU")] = "half";
  EXPECT_EQ(modules.name_of("2", "132178", conditions), kUnknownModule);
  root.files[path_in("GPU")] = task_json("gpu");
  clock.steady += ModuleCatalog::kLooksAgainAfter;
  EXPECT_EQ(modules.name_of("2", "132178", conditions), "gpu");
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

TEST_F(Modules, UnknownIsNotLookedForInEveryRoundOfAFractionOfASecond) {
  EXPECT_EQ(name(), "Unknown");
  files.files[path_in("GPU")] = task_json("first");
  clock.steady += ModuleCatalog::kLooksAgainAfter - 1ms;
  EXPECT_EQ(catalog.name_of("container", "132178", conditions), "Unknown");
  ASSERT_EQ(conditions.size(), 2U) << "the reason holds on";
  EXPECT_EQ(conditions[0].message, conditions[1].message);
  catalog.set_task_root("/root");
  EXPECT_EQ(catalog.name_of("container", "132178", conditions), "first") << "of new settings";
}

TEST_F(Modules, IdUnderFourCharactersHasNoPath) {
  EXPECT_EQ(catalog.name_of("container", "123", conditions), "Unknown");
  EXPECT_TRUE(files.reads.empty());
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_NE(conditions[0].message.find("fewer than four"), std::string::npos);
  (void)catalog.name_of("another", "0123", conditions);
  EXPECT_TRUE(files.reads.contains("/root/Worker.GPU/work_blob/01/23/0123/task.json"));
}

// What `python3 -c 'import json; json.load(open("task.json", encoding="utf-8"))'` (3.11) says of
// {"Module": {"Name": "A"}, "X": <value>}:
//
//   NaN, Infinity, -Infinity, 1e999, a 400-digit integer      read
//   "\ud800", "\udc00", "\udc00\ud800" (halves of pairs)      read
//   "Module" or "Name" twice                                  read, the last one counts
//   +Infinity, -NaN, nan, NaN1, NaNx, 01, 1., .5, -, "\x"     refused
//   a tab, a line end or another control character in a string refused
//   invalid UTF-8, also an encoded surrogate                  refused
//   anything but white space behind the object, also a NUL    refused
//   a byte order mark in front                                refused; read here: editors leave one
//   a 5000-digit integer                                      refused (a limit of its own); read
//   here 100,000 brackets                                          refused (recursion); read here
TEST_F(Modules, NoValueElsewhereCostsTheName) {
  for (const std::string& value :
       {std::string("NaN"), std::string("Infinity"), std::string("-Infinity"),
        std::string("[NaN,-Infinity , {\"NaN\": NaN}]"), std::string("1e999"),
        std::string("-1E+99999999999999999999"), std::string("0.1e-999"), std::string(400, '9'),
        "-" + std::string(5000, '1') + "." + std::string(5000, '2') + "e5000",
        std::string(R"("\ud800")"), std::string(R"("\uDC00\ud800")"),
        std::string(R"("\ud800\n\\")"), std::string(R"("\ud83d\ude00 \" NaN 123456")"),
        std::string(R"({"\udfff": "\ud800\ud800"})"), std::string("\"\x7f\"")}) {
    for (const std::string& text : {R"({"Module": {"Name": "A"}, "X": )" + value + "}",
                                    R"({"X": )" + value + R"(, "Module": {"Name": "A"}})",
                                    R"({"Module": {"X": )" + value + R"(, "Name": "A"}})",
                                    R"({"Module": )" + value + R"(, "Module": {"Name": "A"}})",
                                    R"({"Module": {"Name": )" + value + R"(, "Name": "A"}})",
                                    R"({"Module": {"Name": "A"}, "X": )" + value + "} \r\n"}) {
      const ModuleName said = read_module_name(text);
      EXPECT_TRUE(said.is_json) << text;
      EXPECT_EQ(said.name.value_or("?"), "A") << text;
    }
  }
  EXPECT_EQ(read_module_name("\xEF\xBB\xBF{\"Module\": {\"Name\": \"A\"}}").name.value_or("?"),
            "A");
}

TEST_F(Modules, WhatIsNotJsonIsNotMadeJson) {
  for (const std::string& value : {std::string("+Infinity"),
                                   std::string("-NaN"),
                                   std::string("nan"),
                                   std::string("NaN1"),
                                   std::string("NaNx"),
                                   std::string("1NaN"),
                                   std::string("NaNNaN"),
                                   std::string("--Infinity"),
                                   std::string("Infinity-Infinity"),
                                   std::string("Inf"),
                                   std::string("01"),
                                   std::string("0123"),
                                   std::string("-00000"),
                                   std::string("1."),
                                   std::string(".5"),
                                   std::string("-"),
                                   std::string("1e"),
                                   std::string("1e+"),
                                   std::string("0x10"),
                                   std::string(R"("\x")"),
                                   std::string(R"("\ud80")"),
                                   std::string(R"("\ud80g")"),
                                   std::string("\"a\tb\""),
                                   std::string("\"a\nb\""),
                                   std::string("\"a\x01b\""),
                                   std::string("\"a\0b\"", 5),
                                   std::string("\"\xff\""),
                                   std::string("\"\xed\xa0\x80\""),
                                   std::string("{NaN: 1}"),
                                   std::string("{1: 1}"),
                                   std::string("1,"),
                                   std::string("1 // x"),
                                   std::string("1} x"),
                                   std::string("1}{"),
                                   std::string("1}NaN"),
                                   std::string("1}\0", 3)}) {
    const ModuleName said = read_module_name(R"({"Module": {"Name": "A"}, "X": )" + value + "}");
    EXPECT_FALSE(said.is_json) << value;
    ASSERT_FALSE(said.name) << value;
    EXPECT_EQ(said.name.error().message, "is not JSON") << value;
  }
}

TEST_F(Modules, WhatIsJsonButNoObjectIsSaidToBeJson) {
  for (const char* text : {"[]", R"([{"Module": {"Name": "x"}}])", R"("Module")", "NaN", "5",
                           "null", R"([[{"Name": "x"}], "Module"])"}) {
    const ModuleName said = read_module_name(text);
    EXPECT_TRUE(said.is_json) << text;
    ASSERT_FALSE(said.name) << text;
    EXPECT_EQ(said.name.error().message, "is not a JSON object") << text;
  }
  for (const char* text : {"", " ", "[1", "oops", "\"Module"}) {
    EXPECT_FALSE(read_module_name(text).is_json) << text;
  }
}

TEST_F(Modules, NameWithHalfOfASurrogatePairHasTheReplacementCharacter) {
  files.files[path_in("GPU")] = R"({"Module": {"Name": "A\ud800 \ud83d\ude00"}})";
  EXPECT_EQ(name(), "A\xEF\xBF\xBD \xF0\x9F\x98\x80");
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
