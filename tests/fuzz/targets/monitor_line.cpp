#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include "json_text.h"
#include "properties.h"
#include "run_file.h"
#include "run_names.h"

namespace wemol::fuzz {
namespace {

void check_text(std::string_view input) {
  std::string json;
  sdk::append_json_string(json, input);
  require(is_utf8(json), "a line is UTF-8");
  require(json.find('\n') == std::string::npos, "a line is one line");
  const auto read = nlohmann::json::parse(json, nullptr, false);
  require(read.is_string(), "a line is JSON");
  if (is_utf8(input)) {
    require(read.get<std::string>() == input, "a text reads back the same");
  }
}

void check_name(std::string_view input) {
  const std::string name = sdk::file_name(input);
  require(!name.empty() && name.front() != '.', "a name is no folder's and not hidden");
  require(name.find('/') == std::string::npos && name.find('\0') == std::string::npos,
          "a name stays in its folder");
  require(name.size() + std::string_view(".jsonl").size() <= 255, "a name fits");
  require(is_utf8(name), "a name is UTF-8");
  require(sdk::file_name(name) == name, "a name that was made stays");
}

void check_monitor_line(std::string_view input) {
  check_text(input);
  check_name(input);
  (void)sdk::step_of_line(input);
  (void)sdk::step_of_line(std::string("{\"_step\":").append(input));
}

const Target monitor_line_target("monitor_line", check_monitor_line);

}  // namespace
}  // namespace wemol::fuzz
