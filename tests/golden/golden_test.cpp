// What the programs of version 0.1.0 wrote and said (recorded/, report/) against those of today: a
// scripted host (tools/, tasks/) is recorded anew, and the old tree is read. Edited since: two
// percentages of next to nothing in report/recommend…, which mean nothing and are null now, and the
// wording of one of its rules.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kGolden = WEMOL_GOLDEN;

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class Golden : public testing::Test {
 protected:
  Golden() {
    std::string name = (fs::temp_directory_path() / "wemol-golden-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Golden() override { fs::remove_all(folder_); }

  fs::path folder_;
};

/// Times, and what is a share of the time since the scripted start, differ from run to run.
std::string masked(const fs::path& file, const std::string& line) {
  static const std::regex time(R"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{3}\+00:00)?)");
  std::string text = std::regex_replace(line, time, "TIME");
  if (file.filename() == "summary.csv") {
    static const std::regex durations(R"(^((?:[^,]*,){6})[\d.]+,(137),(\d),(\d+),[\d.]+,[\d.]+,)");
    text = std::regex_replace(text, durations, "$1DURATION,$2,$3,$4,COVERAGE,SECONDS,");
  }
  return text;
}

/// By path below the folder: the lines, with their line ends.
std::map<std::string, std::vector<std::string>> csv_files(const fs::path& folder) {
  std::map<std::string, std::vector<std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") {
      auto& lines = files[fs::relative(entry.path(), folder).string()];
      std::istringstream text(read_text(entry.path()));
      for (std::string line; std::getline(text, line, '\n');) {
        lines.push_back(masked(entry.path(), line));
      }
    }
  }
  return files;
}

TEST_F(Golden, TheSameHostIsRecordedByteForByte) {
  fs::create_directory(folder_ / "state");
  const std::string command =
      "cd " + folder_.string() +
      " && date -u -d '-100 seconds' +%Y-%m-%dT%H:%M:%S.000000000Z >state/started"
      " && TZ=UTC PATH=" +
      (kGolden / "tools").string() + ":$PATH WEMOL_GOLDEN_STATE=" + (folder_ / "state").string() +
      " " WEMOL_RECORDER " --rounds 4 --interval 1 --log-file '' --log-level WARNING --task-root " +
      (kGolden / "tasks").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(csv_files(folder_ / "module_resource"),
            csv_files(kGolden / "recorded" / "module_resource"));
}

/// Newer reports may say more, and nothing else.
void expect_within(const Json& old, const Json& now, const std::string& where) {
  if (old.is_object() && now.is_object()) {
    for (const auto& [key, value] : old.items()) {
      if (key != "made_at") {
        ASSERT_TRUE(now.contains(key)) << where << "/" << key;
        expect_within(value, now[key], where + "/" + key);
      }
    }
  } else if (old.is_array() && now.is_array()) {
    ASSERT_EQ(old.size(), now.size()) << where;
    for (std::size_t i = 0; i < old.size(); ++i) {
      expect_within(old[i], now[i], where + "/" + std::to_string(i));
    }
  } else {
    EXPECT_EQ(old, now) << where;
  }
}

class GoldenReport : public Golden, public testing::WithParamInterface<std::string> {};

TEST_P(GoldenReport, SaysOfAnOldTreeWhatItAlwaysSaid) {
  std::string name = GetParam();
  std::replace(name.begin(), name.end(), ' ', '_');
  const fs::path output = folder_ / "report.json";
  // Which files a report reads depends on when they were written: not when they were checked out.
  const fs::path tree = folder_ / "recorded";
  fs::copy(kGolden / "recorded", tree, fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::years(5));
  }
  const std::string command = "cd " + tree.string() + " && TZ=UTC " WEMOL_REPORT " " + GetParam() +
                              " --format json >" + output.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  expect_within(Json::parse(read_text(kGolden / "report" / (name + ".json"))),
                Json::parse(read_text(output)), name);
}

INSTANTIATE_TEST_SUITE_P(Commands, GoldenReport,
                         testing::Values("modules", "modules --from samples",
                                         "recommend --minimum-tasks 1", "task 132178",
                                         "task 132179"));

}  // namespace
}  // namespace wemol
