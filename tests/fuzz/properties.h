#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/condition.h>

namespace wemol::fuzz {

/// Strictly: no overlong form, no half of a surrogate pair, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// One line that a terminal and the journal show as it is: UTF-8 without control characters.
[[nodiscard]] bool is_clean_line(std::string_view text);

/// Each message is a clean line, and each has a key.
void require_fit_for_log(const Conditions& conditions);

/// The fields of the only record in `text`, as RFC 4180 reads them; nothing when it holds anything
/// else than one record with its end.
[[nodiscard]] std::optional<std::vector<std::string>> parse_csv_record(std::string_view text);

[[nodiscard]] bool is_all_digits(std::string_view text);

}  // namespace wemol::fuzz
