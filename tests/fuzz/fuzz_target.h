#pragma once

#include <map>
#include <string_view>
#include <utility>

namespace wemol::fuzz {

/// Hands `input` to a parser and requires what must hold of the result, whatever the input is.
using Check = void (*)(std::string_view input);

/// All targets of this program, by name. A program that fuzzes has one, the replaying one has all.
[[nodiscard]] std::map<std::string_view, Check>& targets();

/// Adds itself to them.
struct Target {
  Target(std::string_view name, Check check) { targets()[name] = check; }
};

/// Ends the program when `holds` is false, and says what was to hold.
void require(bool holds, std::string_view property);

/// What stands before and behind the first line of nothing but "%%"; nothing behind when there is
/// none.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_parts(std::string_view input);

}  // namespace wemol::fuzz
