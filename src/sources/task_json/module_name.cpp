#include "module_name.h"

#include <cstddef>
#include <optional>

#include <nlohmann/json.hpp>

namespace wemol {
namespace {

using Json = nlohmann::json;

/// Follows the parser through the text and keeps nothing but what stands at Module.Name. Of a key
/// that is there twice the last one counts.
class ModuleNameReader : public nlohmann::json_sax<Json> {
 public:
  [[nodiscard]] Result<std::string> name() const {
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
    const bool goes_on = value();
    if (is_at_name()) {
      name_ = text;
    }
    return goes_on;
  }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ > 0) {
      value();
    }
    module_is_object_ = module_is_object_ || is_at_module();
    ++depth_;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    const bool goes_on = value();
    ++depth_;
    return goes_on;
  }
  bool key(string_t& text) override {
    if (depth_ == 1) {
      in_module_ = text == "Module";
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

  /// A value begins. False ends the parsing: the whole is not an object.
  bool value() {
    if (is_at_module()) {
      module_is_object_ = false;
      name_.reset();
    }
    if (is_at_name()) {
      name_.reset();
    }
    return depth_ > 0;
  }
  bool end() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  bool in_module_ = false;  ///< below the key Module of the outermost object
  bool in_name_ = false;    ///< below the key Name of that
  bool module_is_object_ = false;
  std::optional<std::string> name_;
};

}  // namespace

ModuleName read_module_name(std::string_view text) {
  ModuleNameReader reader;
  if (!Json::sax_parse(text, &reader)) {
    return {.is_json = false, .name = failure("is not a JSON object")};
  }
  return {.is_json = true, .name = reader.name()};
}

}  // namespace wemol
