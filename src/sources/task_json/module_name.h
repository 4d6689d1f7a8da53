#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol {

/// What the text of a task.json says.
struct ModuleName {
  bool is_json = false;  ///< an object in JSON, so that no other file counts
  Result<std::string> name;
};

/// Reads the text at Module.Name. The rest, however large or deep, costs no memory.
[[nodiscard]] ModuleName read_module_name(std::string_view text);

}  // namespace wemol
