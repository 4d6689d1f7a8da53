#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wemol {

/// One CSV record with its line end (CRLF). A field is quoted only when it holds a comma, a quote,
/// CR or LF; quotes inside are doubled.
[[nodiscard]] std::string csv_record(std::span<const std::string> fields);

/// Free text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, tab or
/// CR) gets a leading `'`.
[[nodiscard]] std::string guarded_against_formulas(std::string_view text);

/// Takes that `'` off again.
[[nodiscard]] std::string_view without_formula_guard(std::string_view text);

}  // namespace wemol
