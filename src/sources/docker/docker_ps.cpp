#include "docker_ps.h"

#include <algorithm>

#include "container_id.h"
#include "text_fields.h"

namespace wemol::docker {
namespace {

std::string_view own_name(std::string_view names) {
  const auto all = split_fields(names, ',');
  const auto own =
      std::ranges::find_if(all, [](auto name) { return name.find('/') == std::string_view::npos; });
  return own == all.end() ? names : *own;
}

}  // namespace

std::vector<std::string> ps_arguments() {
  return {"docker", "ps", "--no-trunc", "--format", "{{.ID}}\t{{.Names}}\t{{.State}}"};
}

PsOutput parse_ps(std::string_view text) {
  PsOutput output;
  for (const std::string_view line : complete_lines(text)) {
    const auto fields = split_fields(line, '\t');
    const std::string_view name = fields.size() == 3 ? own_name(fields[1]) : std::string_view();
    if (!is_container_name(name) || !is_container_id(fields[0])) {
      output.messages.emplace_back(line);
      continue;
    }
    output.containers.push_back({.id = std::string(fields[0]),
                                 .name = std::string(name),
                                 .has_processes = fields[2] != "restarting"});
  }
  if (const std::string_view half = half_line(text); !half.empty()) {
    output.messages.emplace_back(half);
  }
  return output;
}

}  // namespace wemol::docker
