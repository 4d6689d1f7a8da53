#include "request_target.h"

#include <algorithm>
#include <charconv>

namespace wemol::serve {
namespace {

bool is_control(char c) {
  constexpr unsigned char kDelete = 0x7f;
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == kDelete;
}

/// One byte of "%41"; nothing when these are no two hexadecimal digits.
std::optional<char> escaped_byte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return static_cast<char>(value);
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = escaped_byte(text.substr(i + 1, 2));
      if (!byte) {
        return std::nullopt;
      }
      c = *byte;
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (is_control(c)) {
      return std::nullopt;
    }
    result.push_back(c);
  }
  return result;
}

std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals), true);
    auto value = decoded(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) {
      return std::nullopt;
    }
    query.try_emplace(std::move(*name), std::move(*value));
  }
  return query;
}

std::string_view without_origin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.starts_with(scheme)) {
      const std::size_t slash = target.find('/', scheme.size());
      return slash == std::string_view::npos ? "/" : target.substr(slash);
    }
  }
  return target;
}

}  // namespace

std::optional<RequestTarget> parse_request_target(std::string_view text) {
  text = without_origin(text);
  if (!text.starts_with('/')) {
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  const std::size_t mark = text.find('?');
  auto path = decoded(text.substr(0, mark), false);
  auto query =
      parse_query(mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1));
  if (!path || !query) {
    return std::nullopt;
  }
  return RequestTarget{std::move(*path), std::move(*query)};
}

}  // namespace wemol::serve
