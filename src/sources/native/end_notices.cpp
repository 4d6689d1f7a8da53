#include "end_notices.h"

#include <utility>

#include <fmt/format.h>

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

}  // namespace wemol::native
