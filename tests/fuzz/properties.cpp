#include "properties.h"

#include <algorithm>
#include <cstdint>

#include "fuzz_target.h"

namespace wemol::fuzz {
namespace {

/// The length of the character at the front; 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const auto continues = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    return continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && continues(2)
               ? 3
               : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    return continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && continues(2) &&
                   continues(3)
               ? 4
               : 0;
  }
  return 0;
}

bool begins_with_control_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0);
}

template <typename Allowed>
bool is_text_of(std::string_view text, Allowed allowed) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0 || !allowed(text)) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

/// Takes one field and the separator behind it off `text`. Nothing when it is not well-formed.
std::optional<std::string> take_csv_field(std::string_view& text) {
  std::string field;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find_first_of(",\"\r\n"), text.size());
    field = text.substr(0, end);
    text.remove_prefix(end);
    return field;
  }
  for (text.remove_prefix(1);; text.remove_prefix(1)) {
    if (text.empty()) {
      return std::nullopt;
    }
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      if (!text.starts_with('"')) {
        return field;
      }
    }
    field += text.front();
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  return is_text_of(text, [](std::string_view) { return true; });
}

bool is_clean_line(std::string_view text) {
  return is_text_of(text,
                    [](std::string_view rest) { return !begins_with_control_character(rest); });
}

void require_fit_for_log(const Conditions& conditions) {
  for (const Condition& condition : conditions) {
    require(!condition.key.empty(), "a condition has a key");
    require(is_clean_line(condition.message), "a condition's message is a clean line");
  }
}

std::optional<std::vector<std::string>> parse_csv_record(std::string_view text) {
  std::vector<std::string> fields;
  while (true) {
    auto field = take_csv_field(text);
    if (!field) {
      return std::nullopt;
    }
    fields.push_back(std::move(*field));
    if (text == "\r\n") {
      return fields;
    }
    if (!text.starts_with(',')) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
}

bool is_all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace wemol::fuzz
