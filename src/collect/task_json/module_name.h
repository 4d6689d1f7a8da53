#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol {

/// What the text of a task.json says.
struct ModuleName {
  bool is_json = false;  ///< so that no other file counts
  Result<std::string> name;
};

/// Reads the text at Module.Name. The rest, however large or deep, costs no more memory than a copy
/// of the text, and no value in it costs the name: NaN, Infinity, 1e999 and halves of surrogate
/// pairs are taken, as Python's json.load does, and a byte order mark, which that does not take.
[[nodiscard]] ModuleName read_module_name(std::string_view text);

}  // namespace wemol
