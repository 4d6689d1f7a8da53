#include "container_name.h"

#include <regex>
#include <string>

#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

constexpr std::string_view kPrefix = "wemol_rc_task";
constexpr std::size_t kLongestForRegex = 200;  // it follows the text by recursion

/// The contract's two forms as a regular expression, whose first choice is the longest type.
std::optional<Task> parse_by_regex(const std::string& name) {
  static const std::regex form("wemol_rc_task_(?:([A-Za-z0-9_]+)_)?([0-9]+)_([0-9]+)_[0-9]+");
  std::smatch match;
  if (!std::regex_search(name, match, form, std::regex_constants::match_continuous)) {
    return std::nullopt;
  }
  return Task{.type = match[1], .task_id = match[2], .job_id = match[3]};
}

void check_container_name(std::string_view input) {
  for (const std::string& name : {std::string(input), std::string(kPrefix) + std::string(input)}) {
    const auto task = parse_container_name(name, kPrefix);
    if (task) {
      require(is_all_digits(task->task_id) && is_all_digits(task->job_id), "ids are digits");
      const std::string type = task->type.empty() ? "" : "_" + task->type;
      require(name.starts_with(std::string(kPrefix) + type + "_" + task->task_id + "_" +
                               task->job_id + "_"),
              "the parts stand in the name in their order");
    }
    if (name.size() <= kLongestForRegex) {
      require(task == parse_by_regex(name), "the name reads as its form says");
    }
  }
}

const Target container_name_target("container_name", check_container_name);

}  // namespace
}  // namespace wemol::fuzz
