#include "request_target.h"

#include <algorithm>

#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

void check_request_target(std::string_view input) {
  const auto target = serve::parse_request_target(input);
  if (!target) {
    return;
  }
  require(target->path.starts_with('/') && !has_control(target->path),
          "a path begins with a slash and has no control characters");
  require(target->path.size() <= input.size() + 1, "decoding makes nothing longer");
  for (const auto& [name, value] : target->query) {
    require(!has_control(name) && !has_control(value), "a query has no control characters");
    require(name.size() + value.size() <= input.size(), "decoding makes nothing longer");
  }
}

const Target request_target_target("request_target", check_request_target);

}  // namespace
}  // namespace wemol::fuzz
