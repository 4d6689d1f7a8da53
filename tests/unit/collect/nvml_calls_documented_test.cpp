#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "documented_block.h"
#include "nvml_api.h"

namespace wemol::nvml {
namespace {

std::vector<std::string> documented_calls() {
  std::istringstream table(
      test::documented_block("docs/gpus.md", "<!-- nvml calls -->", "<!-- /nvml calls -->"));
  std::vector<std::string> calls;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with("| `")) {  // "| `nvmlInit` | 285 or older | start | …"
      const std::size_t second_cell = line.find(" | ", line.find(" | ") + 1);
      calls.push_back(line.substr(2, second_cell - 2));
    }
  }
  return calls;
}

TEST(NvmlCalls, AreDocumentedWithTheDriverThatBroughtThem) {
  std::vector<std::string> calls;
  std::ranges::transform(all_calls(), std::back_inserter(calls), [](const Call& call) {
    return "`" + std::string(call.name) + "` | " + std::string(call.since);
  });
  EXPECT_FALSE(calls.empty());
  EXPECT_EQ(documented_calls(), calls);
}

TEST(NvmlCalls, StandInTheTableOnce) {
  std::set<std::string_view> names;
  for (const Call& call : all_calls()) {
    EXPECT_TRUE(names.insert(call.name).second) << call.name;
  }
}

}  // namespace
}  // namespace wemol::nvml
