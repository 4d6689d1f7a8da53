#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace wemol::queue {

/// The object of JSON that uni_id.json is, with its members in their order. An ordered_json looks
/// for each key among all before it, and scripts leave files of tens of thousands of entries.
class UniIdDocument {
 public:
  using Json = nlohmann::ordered_json;
  using Member = std::pair<std::string, Json>;

  /// Nothing: the text is no object of JSON. What nests deeper than 64 is left out. Of a key that
  /// stands there twice the last value counts.
  [[nodiscard]] static std::optional<UniIdDocument> parse(std::string_view text);

  [[nodiscard]] std::vector<Member>& members() { return members_; }
  [[nodiscard]] const Json* find(const std::string& key) const;
  /// A null at the end where it was not there.
  [[nodiscard]] Json& operator[](const std::string& key);
  /// How many were removed.
  std::size_t remove_if(const std::function<bool(const Member&)>& wanted);

  /// Indented by 2, in ASCII: the scripts that read it may run in any locale.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Member> members_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace wemol::queue
