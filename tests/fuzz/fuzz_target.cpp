#include "fuzz_target.h"

#include <cstdio>
#include <cstdlib>

namespace wemol::fuzz {

std::map<std::string_view, Check>& targets() {
  static std::map<std::string_view, Check> all;
  return all;
}

void require(bool holds, std::string_view property) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()),
                 property.data());
    std::abort();
  }
}

std::pair<std::string_view, std::string_view> split_parts(std::string_view input) {
  constexpr std::string_view kSeparator = "\n%%\n";
  const std::size_t separator = input.find(kSeparator);
  if (separator == std::string_view::npos) {
    return {input, {}};
  }
  return {input.substr(0, separator + 1), input.substr(separator + kSeparator.size())};
}

}  // namespace wemol::fuzz
