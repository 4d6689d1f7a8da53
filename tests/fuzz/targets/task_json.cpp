#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <wemol/snapshot.h>

#include "fake_clock.h"
#include "fake_file_reader.h"
#include "fuzz_target.h"
#include "module_catalog.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

constexpr std::string_view kPath = "/root/Worker.GPU/work_blob/21/78/132178/task.json";

/// Whether the text has something that is read though the parser of the whole document refuses it.
bool may_be_refused_by_parser(std::string_view text) {
  constexpr std::array<std::string_view, 4> kMarks{"NaN", "Infinity", "\\ud", "\\uD"};
  constexpr std::size_t kDigitsOfLargest = 300;
  const auto has = [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; };
  std::size_t digits = 0;
  for (const char c : text) {
    if (digits > kDigitsOfLargest || (digits > 0 && (c == 'e' || c == 'E'))) {
      return true;
    }
    digits = (c >= '0' && c <= '9') || c == '.' ? digits + 1 : 0;
  }
  return std::ranges::any_of(kMarks, has);
}

/// The name as somebody reads it who keeps the whole document.
std::string name_in_whole_document(const nlohmann::json& document) {
  if (document.is_object() && document.contains("Module") && document["Module"].is_object() &&
      document["Module"].contains("Name") && document["Module"]["Name"].is_string()) {
    const auto name = document["Module"]["Name"].get<std::string>();
    return name.empty() ? std::string(kUnknownModule) : name;
  }
  return std::string(kUnknownModule);
}

void check_task_json(std::string_view input) {
  test::FakeFileReader files;
  files.files[std::string(kPath)] = input;
  const test::FakeClock clock;
  ModuleCatalog catalog(files, clock, "/root");
  Conditions conditions;
  const std::string name = catalog.name_of("container", "132178", conditions);
  require(!name.empty() && is_utf8(name), "a module's name is UTF-8 text");
  require(conditions.size() <= 1 && (conditions.size() == 1) <= (name == kUnknownModule),
          "a name is known or there is one reason");
  require_fit_for_log(conditions);
  const auto document = nlohmann::json::parse(input, nullptr, false);
  const bool has_nul = input.find('\0') != std::string_view::npos;  // ends a text for that parser
  if (!document.is_discarded() && !has_nul) {
    require(name == name_in_whole_document(document), "the name is that of the whole document");
    require(read_module_name(input).is_json, "JSON is called so");
  } else if (!may_be_refused_by_parser(input)) {
    require(!read_module_name(input).is_json, "what is not JSON is not called so");
  }
}

const Target task_json_target("task_json", check_task_json);

}  // namespace
}  // namespace wemol::fuzz
