#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace wemol {

/// JSON from outside; discarded, so neither an object nor anything else, where it is none. What
/// nests deeper than `deepest` is left out: a document is written and taken apart by recursion.
[[nodiscard]] inline nlohmann::ordered_json parse_bounded_json(std::string_view text, int deepest) {
  return nlohmann::ordered_json::parse(
      text,
      [deepest](int depth, nlohmann::ordered_json::parse_event_t, const nlohmann::ordered_json&) {
        return depth <= deepest;
      },
      false);
}

}  // namespace wemol
