#include <algorithm>

#include <nlohmann/json.hpp>

#include <wemol/snapshot.h>

#include "fake_file_reader.h"
#include "fuzz_target.h"
#include "module_catalog.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

constexpr std::string_view kPath = "/root/Worker.GPU/work_blob/21/78/132178/task.json";

/// The name as somebody reads it who keeps the whole document.
std::string name_in_whole_document(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
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
  ModuleCatalog catalog(files, "/root");
  Conditions conditions;
  const std::string name = catalog.name_of("container", "132178", conditions);
  require(!name.empty() && is_utf8(name), "a module's name is UTF-8 text");
  require(conditions.size() <= 1 && (conditions.size() == 1) <= (name == kUnknownModule),
          "a name is known or there is one reason");
  require_fit_for_log(conditions);
  require(name == name_in_whole_document(input), "the name is that of the whole document");
}

const Target task_json_target("task_json", check_task_json);

}  // namespace
}  // namespace wemol::fuzz
