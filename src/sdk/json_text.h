#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <wemol/monitor.h>

namespace wemol::sdk {

/// Bytes of the character with which `text` begins, which is not empty; 0: it is no UTF-8.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& text, std::string_view value);

/// The shortest number that reads back the same; null for what JSON does not have.
void append_json_number(std::string& text, double value);

void append_json_value(std::string& text, const monitor::Value& value);

}  // namespace wemol::sdk
