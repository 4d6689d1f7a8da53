#include "docker_top.h"

#include <span>

#include "text_fields.h"

namespace wemol::docker {

std::vector<std::string> top_arguments(std::string_view container_id) {
  return {"docker", "top", std::string(container_id), "-eo", "pid"};
}

tl::expected<std::vector<std::uint64_t>, std::string> parse_top(std::string_view text) {
  const auto lines = complete_lines(text);
  if (lines.empty() || trimmed(lines.front()) != "PID") {
    return tl::make_unexpected(std::string(lines.empty() ? half_line(text) : lines.front()));
  }
  std::vector<std::uint64_t> pids;
  for (const std::string_view line : std::span(lines).subspan(1)) {
    const auto pid = parse_number<std::uint64_t>(trimmed(line));
    if (!pid) {
      return tl::make_unexpected(std::string(line));
    }
    pids.push_back(*pid);
  }
  if (const std::string_view half = half_line(text); !half.empty()) {
    return tl::make_unexpected(std::string(half));
  }
  return pids;
}

}  // namespace wemol::docker
