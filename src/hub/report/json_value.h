#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::hub {

/// A JSON text that was read. Its values live as long as this does.
class JsonDocument {
 public:
  /// The error says where it is no JSON. Halves of surrogate pairs ("\udcff", which Python writes
  /// for a byte that is no UTF-8) become U+FFFD.
  [[nodiscard]] static Result<JsonDocument> parse(std::string_view text, std::size_t deepest);

  [[nodiscard]] const boost::json::value& root() const { return *root_; }

 private:
  // The values point to the memory, and a resource does not move.
  std::unique_ptr<boost::json::monotonic_resource> memory_;
  std::unique_ptr<boost::json::value> root_;
};

/// Compact, in UTF-8. Numbers in the shortest form that reads back the same.
void append_json(const boost::json::value& value, std::string& text);
void append_json_text(std::string_view value, std::string& text);
/// All members but the named one.
void append_json_without(const boost::json::object& object, std::string_view left_out,
                         std::string& text);

/// "a list", "a text", …
[[nodiscard]] std::string_view kind_name(const boost::json::value& value);

}  // namespace wemol::hub
