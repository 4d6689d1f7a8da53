#pragma once

#include <string>
#include <string_view>

namespace wemol {

/// The folder of a module: its name with each of `< > : " / \ | ? *` and each control character
/// as `_`, runs of white space as one blank, no blank at the ends, no dot at the end, at most 255
/// bytes, cut at a character border. "Unknown_Module" when nothing usable is left, and for the
/// name "Unknown". Never leads outside the folder in which it is used.
[[nodiscard]] std::string folder_name(std::string_view module_name);

}  // namespace wemol
