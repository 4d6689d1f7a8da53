#include "folder_name.h"

#include <cstdint>

#include <wemol/snapshot.h>

namespace wemol {
namespace {

constexpr std::size_t kLongestBytes = 255;
constexpr std::string_view kFolderOfUnknown = "Unknown_Module";
constexpr std::string_view kForbidden = "<>:\"/\\|?*";

struct Character {
  char32_t code;
  std::string_view bytes;
};

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Takes the first character off UTF-8 text. A byte that is none is a character of its own.
Character take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  char32_t code = first;
  if (first >= 0xF0) {
    length = 4;
    code = first & 0x07U;
  } else if (first >= 0xE0) {
    length = 3;
    code = first & 0x0FU;
  } else if (first >= 0xC0) {
    length = 2;
    code = first & 0x1FU;
  }
  std::size_t end = 1;
  while (end < length && end < text.size() && is_continuation(text[end])) {
    code = (code << 6U) | (static_cast<unsigned char>(text[end]) & 0x3FU);
    ++end;
  }
  if (end != length) {
    end = 1;
    code = first;
  }
  const Character character{code, text.substr(0, end)};
  text.remove_prefix(end);
  return character;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool is_space(char32_t code) {
  return code == U' ' || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_forbidden(char32_t code) {
  return is_control(code) ||
         (code < 0x80 && kForbidden.find(static_cast<char>(code)) != std::string_view::npos);
}

void cut_at_character(std::string& text, std::size_t longest) {
  if (text.size() <= longest) {
    return;
  }
  std::size_t end = longest;
  while (end > 0 && is_continuation(text[end])) {
    --end;
  }
  text.resize(end);
}

void trim_end(std::string& text) {
  while (text.ends_with('.') || text.ends_with(' ')) {
    text.pop_back();
  }
}

}  // namespace

std::string folder_name(std::string_view module_name) {
  if (module_name == kUnknownModule) {
    return std::string(kFolderOfUnknown);
  }
  std::string folder;
  for (std::string_view rest = module_name; !rest.empty();) {
    const Character character = take_character(rest);
    if (is_space(character.code)) {
      if (!folder.empty() && !folder.ends_with(' ')) {
        folder += ' ';
      }
    } else if (is_forbidden(character.code)) {
      folder += '_';
    } else {
      folder += character.bytes;
    }
  }
  trim_end(folder);
  cut_at_character(folder, kLongestBytes);
  trim_end(folder);
  return folder.empty() || folder == kUnknownModule ? std::string(kFolderOfUnknown) : folder;
}

}  // namespace wemol
