#include "unreadable_containers.h"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace wemol::native {

void UnreadableContainers::add(const engine::InspectedContainer& container, Error error) {
  spdlog::debug("container {} cannot be read: {}", container.name, error.message);
  unreadable_.insert_or_assign(container.id, Unreadable{container, std::move(error)});
}

std::vector<engine::InspectedContainer> UnreadableContainers::without_descriptors() const {
  std::vector<engine::InspectedContainer> containers;
  for (const auto& [id, unreadable] : unreadable_) {
    if (unreadable.error.code == EMFILE) {
      containers.push_back(unreadable.container);
    }
  }
  return containers;
}

std::string UnreadableContainers::why(const std::string& container_id) const {
  const auto found = unreadable_.find(container_id);
  return found != unreadable_.end() ? found->second.error.message : std::string();
}

Conditions UnreadableContainers::conditions() const {
  std::map<int, std::vector<const Unreadable*>> by_reason;
  for (const auto& [id, unreadable] : unreadable_) {
    by_reason[unreadable.error.code].push_back(&unreadable);
  }
  Conditions conditions;
  for (const auto& [code, containers] : by_reason) {
    const Unreadable& first = *containers.front();
    conditions.push_back(
        {.key = fmt::format("unreadable containers/{}", code),
         .severity = Severity::error,
         .message =
             containers.size() == 1
                 ? fmt::format("container {} cannot be read and is not recorded: {}",
                               first.container.name, first.error.message)
                 : fmt::format("{} containers cannot be read and are not recorded, {} is "
                               "one of them: {}",
                               containers.size(), first.container.name, first.error.message)});
  }
  return conditions;
}

}  // namespace wemol::native
