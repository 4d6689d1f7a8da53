#include "module_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace wemol {
namespace {

using Json = nlohmann::json;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The text as the parser takes it. What writes task.json (Python) and the module's other readers
/// know values that the parser refuses, though nothing but one name is wanted of the file:
/// - NaN, Infinity and -Infinity become null;
/// - of a run of digits two stay, so that no number is too large;
/// - a half of a surrogate pair without the other, "\ud800", becomes U+FFFD.
/// A NUL ends no text: it becomes another character that JSON does not have. What is not JSON does
/// not become it by that.
class FitForParser {
 public:
  explicit FitForParser(std::string_view text) : rest_(text) { fit_.reserve(text.size()); }

  std::string take() {
    while (!rest_.empty()) {
      if (rest_.front() == '"') {
        keep(1);
        string();
      } else {
        token();
      }
    }
    return std::move(fit_);
  }

 private:
  void keep(std::size_t length) {
    fit_ += rest_.substr(0, length);
    rest_.remove_prefix(std::min(length, rest_.size()));
  }
  void replace(std::size_t length, std::string_view by) {
    fit_ += by;
    rest_.remove_prefix(length);
  }

  /// Behind the opening quote.
  void string() {
    while (!rest_.empty()) {
      keep(std::min(rest_.find_first_of("\"\\"), rest_.size()));
      if (rest_.starts_with('"')) {
        return keep(1);
      }
      escape();
    }
  }
  void escape() {
    constexpr std::size_t kLength = 6;  // \uXXXX
    if (is_surrogate(rest_, "89abAB") && is_surrogate(rest_.substr(kLength), "cdefCDEF")) {
      keep(2 * kLength);
    } else if (is_surrogate(rest_, "89abcdefABCDEF")) {
      replace(kLength, "\\ufffd");
    } else {
      keep(2);
    }
  }
  /// Whether it is \uDXXX, with one of these as the second digit.
  static bool is_surrogate(std::string_view text, std::string_view second_digits) {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    const auto has = [&](std::size_t at, std::string_view characters) {
      return at < text.size() && characters.find(text[at]) != std::string_view::npos;
    };
    return text.starts_with("\\u") && has(2, "dD") && has(3, second_digits) && has(4, kHex) &&
           has(5, kHex);
  }

  void token() {
    constexpr std::array<std::string_view, 3> kNoNumbers{"NaN", "Infinity", "-Infinity"};
    constexpr std::size_t kDigitsKept = 2;  // "01" stays wrong
    for (const std::string_view word : kNoNumbers) {
      if (rest_.starts_with(word)) {
        return replace(word.size(), "null");
      }
    }
    const auto digits =
        static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin());
    if (digits > kDigitsKept) {
      replace(digits, rest_.substr(0, kDigitsKept));
    } else if (rest_.front() == '\0') {
      replace(1, "\x01");
    } else {
      keep(std::max<std::size_t>(digits, 1));
    }
  }

  std::string_view rest_;
  std::string fit_;
};

/// Follows the parser through the text and keeps nothing but what stands at Module.Name. Of a key
/// that is there twice the last one counts.
class ModuleNameReader : public nlohmann::json_sax<Json> {
 public:
  [[nodiscard]] Result<std::string> name() const {
    if (!is_object_) {
      return failure("is not a JSON object");
    }
    if (!module_is_object_) {
      return failure("has no object at Module");
    }
    if (!name_) {
      return failure("has no text at Module.Name");
    }
    if (name_->empty()) {
      return failure("has an empty text at Module.Name");
    }
    return *name_;
  }

  bool null() override { return value(); }
  bool boolean(bool /*value*/) override { return value(); }
  bool number_integer(number_integer_t /*value*/) override { return value(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return value(); }
  bool binary(binary_t& /*value*/) override { return value(); }
  bool string(string_t& text) override {
    value();
    if (is_at_name()) {
      name_ = text;
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    is_object_ = is_object_ || depth_ == 0;
    value();
    module_is_object_ = module_is_object_ || is_at_module();
    ++depth_;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    value();
    ++depth_;
    return true;
  }
  bool key(string_t& text) override {
    if (depth_ == 1) {
      in_module_ = is_object_ && text == "Module";
      in_name_ = false;
    } else if (depth_ == 2) {
      in_name_ = in_module_ && module_is_object_ && text == "Name";
    }
    return true;
  }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  [[nodiscard]] bool is_at_module() const { return depth_ == 1 && in_module_; }
  [[nodiscard]] bool is_at_name() const { return depth_ == 2 && in_name_; }

  /// A value begins. True: the parsing goes on.
  bool value() {
    if (is_at_module()) {
      module_is_object_ = false;
      name_.reset();
    }
    if (is_at_name()) {
      name_.reset();
    }
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  bool is_object_ = false;  ///< the whole
  bool in_module_ = false;  ///< below the key Module of the outermost object
  bool in_name_ = false;    ///< below the key Name of that
  bool module_is_object_ = false;
  std::optional<std::string> name_;
};

}  // namespace

ModuleName read_module_name(std::string_view text) {
  ModuleNameReader reader;
  if (!Json::sax_parse(FitForParser(text).take(), &reader)) {
    return {.is_json = false, .name = failure("is not JSON")};
  }
  return {.is_json = true, .name = reader.name()};
}

}  // namespace wemol
