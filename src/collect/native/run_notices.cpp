#include "run_notices.h"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace wemol::native {

void EndNotices::add(const std::string& key, std::string message) {
  notices_.push_back({.key = key,
                      .severity = Severity::warning,
                      .message = std::move(message),
                      .follow_up = false});
}

void EndNotices::read_too_late(const std::string& container_id, const std::string& name) {
  ++too_late_;
  add("late last reading/" + container_id,
      fmt::format("container {} has ended, and the kernel had dropped its counters before they "
                  "could be read for the last time ({} of {} so far)",
                  name, too_late_, too_late_ + in_time_));
}

void EndNotices::never_seen(const std::string& container_id, const std::string& name) {
  ++never_seen_;
  add("missed container/" + container_id,
      fmt::format("container {} had ended before it could be looked at: only the ledger has it "
                  "({} such runs so far)",
                  name, never_seen_));
}

void EndNotices::out_of_memory(const std::string& container_id, const std::string& name) {
  add("out of memory/" + container_id,
      "container " + name + " has used up its memory, the kernel has killed a process of it");
}

Conditions EndNotices::take() {
  return std::exchange(notices_, {});
}

std::string EndNotices::summary() const {
  return fmt::format(
      "ends of tasks: {} read in time, {} too late; {} tasks had ended before they were seen",
      in_time_, too_late_, never_seen_);
}

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
