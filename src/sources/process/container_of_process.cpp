#include "container_of_process.h"

#include "container_id.h"
#include "text_fields.h"

namespace wemol {
namespace {

/// The last known id in one path.
std::optional<std::string> deepest_known(std::string_view path, const IsKnownContainer& is_known) {
  while (!path.empty()) {
    const std::size_t last = path.find_last_of(kContainerIdDigits);
    if (last == std::string_view::npos) {
      return std::nullopt;
    }
    path = path.substr(0, last + 1);
    const std::size_t before = path.find_last_not_of(kContainerIdDigits);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view run = path.substr(begin);
    if (run.size() == kContainerIdLength && is_known(run)) {
      return std::string(run);
    }
    path = path.substr(0, begin);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> container_in_cgroup(std::string_view cgroup_text,
                                               const IsKnownContainer& is_known) {
  // Each line is <hierarchy>:<controllers>:<path>. Whoever moved the process within one hierarchy
  // has left it in the container's group in the others.
  for (const std::string_view line : complete_lines(cgroup_text)) {
    const std::size_t path = line.find(':', line.find(':') + 1);
    if (path == std::string_view::npos) {
      continue;
    }
    if (auto id = deepest_known(line.substr(path + 1), is_known)) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace wemol
