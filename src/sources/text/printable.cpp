#include "printable.h"

#include <algorithm>

#include "text_fields.h"

namespace wemol {
namespace {
constexpr std::size_t kLongestBytes = 300;
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, kLongestBytes));
  std::ranges::replace_if(
      result, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  if (text.size() > kLongestBytes) {
    result += "...";
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
