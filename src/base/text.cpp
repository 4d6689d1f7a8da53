#include "text.h"

#include <array>
#include <cstdint>
#include <optional>

#include "words.h"

namespace wemol {

std::vector<std::string_view> complete_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!trimmed(line).empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::string_view half_line(std::string_view text) {
  return trimmed(text.substr(text.rfind('\n') + 1));
}

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (std::size_t end = line.find(separator); end != std::string_view::npos;
       end = line.find(separator)) {
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  fields.push_back(line);
  return fields;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return text.substr(0, 0);
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

namespace {

constexpr std::size_t kLongestBytes = 300;

struct Character {
  char32_t code = 0;
  std::size_t length = 0;
};

/// The UTF-8 character at the front of `text`; nothing when there stands none.
std::optional<Character> first_character(std::string_view text) {
  struct Form {
    unsigned mask;
    unsigned mark;
    char32_t first_code;  ///< a lower one has a shorter form
  };
  static constexpr std::array kForms{Form{0x80, 0x00, 0}, Form{0xE0, 0xC0, 0x80},
                                     Form{0xF0, 0xE0, 0x800}, Form{0xF8, 0xF0, 0x10000}};
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t length = 1; length <= kForms.size() && length <= text.size(); ++length) {
    const Form& form = kForms[length - 1];
    if ((byte(0) & form.mask) != form.mark) {
      continue;
    }
    char32_t code = byte(0) & ~form.mask;
    for (std::size_t at = 1; at < length; ++at) {
      if ((byte(at) & 0xC0U) != 0x80U) {
        return std::nullopt;
      }
      code = code << 6U | (byte(at) & 0x3FU);
    }
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool is_character = code >= form.first_code && code <= 0x10FFFF && !is_surrogate;
    return is_character ? std::optional(Character{code, length}) : std::nullopt;
  }
  return std::nullopt;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character) {
      return false;
    }
    text.remove_prefix(character->length);
  }
  return true;
}

std::string printable(std::string_view text) {
  return printable(text, kLongestBytes);
}

std::string printable(std::string_view text, std::size_t longest_bytes) {
  std::string result;
  result.reserve(std::min(text.size(), longest_bytes));
  while (!text.empty()) {
    const auto character = first_character(text);
    const std::size_t length = character ? character->length : 1;
    if (result.size() + length > longest_bytes) {
      return result + "...";
    }
    if (!character) {
      result += '?';
    } else if (is_control(character->code)) {
      result += ' ';
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string first_line(std::string_view text) {
  std::string with_end(text);
  with_end += '\n';
  const auto lines = complete_lines(with_end);
  return lines.empty() ? "" : printable(trimmed(lines.front()));
}

}  // namespace wemol
