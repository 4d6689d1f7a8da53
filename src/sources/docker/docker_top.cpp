#include "docker_top.h"

#include "text_fields.h"

namespace wemol::docker {

std::vector<std::string> top_arguments(std::string_view container_id) {
  return {"docker", "top", std::string(container_id), "-eo", "pid"};
}

std::vector<std::uint64_t> parse_top(std::string_view text) {
  std::vector<std::uint64_t> pids;
  for (const std::string_view line : complete_lines(text)) {
    if (const auto pid = parse_number<std::uint64_t>(trimmed(line))) {
      pids.push_back(*pid);
    }
  }
  return pids;
}

}  // namespace wemol::docker
