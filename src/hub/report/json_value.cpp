#include "json_value.h"

#include <array>
#include <boost/json/parser.hpp>
#include <cmath>
#include <optional>
// The library itself, in this one file.
#include <boost/json/src.hpp>

#include <fmt/format.h>

#include "text.h"

namespace wemol::hub {
namespace {

namespace json = boost::json;

constexpr std::size_t kEscapeLength = 6;  // of \ud800

/// The UTF-16 unit of the escape at `at`; nothing when it is none.
std::optional<unsigned> unit_at(std::string_view text, std::size_t at) {
  if (text.size() < at + kEscapeLength || text[at] != '\\' || text[at + 1] != 'u') {
    return std::nullopt;
  }
  constexpr int kHexadecimal = 16;
  return parse_number<unsigned>(text.substr(at + 2, 4), kHexadecimal);
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

/// The text with U+FFFD in the place of each half of a surrogate pair; empty when it has none.
std::string without_half_pairs(std::string_view text) {
  std::string mended;
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const auto unit = unit_at(text, at);
    if (!unit) {
      at += 2;  // an escape has two characters, whichever it is
      continue;
    }
    const auto next = unit_at(text, at + kEscapeLength);
    if (is_high(*unit) && next && is_low(*next)) {
      at += 2 * kEscapeLength;
      continue;
    }
    if (is_high(*unit) || is_low(*unit)) {
      if (mended.empty()) {
        mended = text;
      }
      mended.replace(at, kEscapeLength, "\\ufffd");
    }
    at += kEscapeLength;
  }
  return mended;
}

void append_number(double number, std::string& text) {
  // JSON has no other; the parser makes infinity of 1e999.
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(text), "{}", number);
  } else {
    text += "null";
  }
}

void append_list(const json::array& list, std::string& text) {
  char separator = '[';
  for (const json::value& value : list) {
    text += separator;
    append_json(value, text);
    separator = ',';
  }
  text += list.empty() ? "[]" : "]";
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string_view text, std::size_t deepest) {
  const std::string mended = without_half_pairs(text);
  const std::string_view whole = mended.empty() ? text : mended;
  JsonDocument document;
  document.memory_ = std::make_unique<json::monotonic_resource>();
  json::parse_options options;
  options.max_depth = deepest;
  json::parser parser({}, options);
  parser.reset(document.memory_.get());
  json::error_code trouble;
  const std::size_t read = parser.write_some(whole, trouble);
  if (trouble == json::error::too_deep) {
    return failure(fmt::format("nested more than {} deep", deepest));
  }
  constexpr std::string_view kBlanks = " \t\r\n";
  if (trouble || whole.find_first_not_of(kBlanks, read) != std::string_view::npos) {
    return failure(fmt::format("no JSON at byte {}: {}", read,
                               trouble ? trouble.message() : "something follows its end"));
  }
  document.root_ = std::make_unique<json::value>(parser.release());
  return document;
}

void append_json_text(std::string_view value, std::string& text) {
  text += '"';
  std::size_t done = 0;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    const bool is_plain = static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
    if (is_plain) {
      continue;
    }
    text += value.substr(done, at - done);
    done = at + 1;
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  text += value.substr(done);
  text += '"';
}

void append_json_without(const json::object& object, std::string_view left_out, std::string& text) {
  text += '{';
  const std::size_t begin = text.size();
  for (const auto& member : object) {
    if (!left_out.empty() && member.key() == left_out) {
      continue;
    }
    text += text.size() > begin ? "," : "";
    append_json_text(member.key(), text);
    text += ':';
    append_json(member.value(), text);
  }
  text += '}';
}

void append_json(const json::value& value, std::string& text) {
  switch (value.kind()) {
    case json::kind::null:
      text += "null";
      return;
    case json::kind::bool_:
      text += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      fmt::format_to(std::back_inserter(text), "{}", value.get_int64());
      return;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(text), "{}", value.get_uint64());
      return;
    case json::kind::double_:
      append_number(value.get_double(), text);
      return;
    case json::kind::string:
      append_json_text(value.get_string(), text);
      return;
    case json::kind::array:
      append_list(value.get_array(), text);
      return;
    case json::kind::object:
      append_json_without(value.get_object(), "", text);
      return;
  }
}

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::string:
      return "a text";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

}  // namespace wemol::hub
