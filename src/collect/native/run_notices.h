#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "engine_messages.h"

namespace wemol::native {

/// What there is to say of the ends of containers, for the log: once for each of them, and counted.
class EndNotices {
 public:
  void read_in_time() { ++in_time_; }
  /// The kernel had dropped the counters.
  void read_too_late(const std::string& container_id, const std::string& name);
  /// The whole run was over.
  void never_seen(const std::string& container_id, const std::string& name);
  void out_of_memory(const std::string& container_id, const std::string& name);

  /// Those since the last call.
  [[nodiscard]] Conditions take();
  /// The counts since the start, in words.
  [[nodiscard]] std::string summary() const;

 private:
  void add(const std::string& key, std::string message);

  Conditions notices_;
  std::uint64_t in_time_ = 0;
  std::uint64_t too_late_ = 0;
  std::uint64_t never_seen_ = 0;
};

/// The containers that run and cannot be recorded, with the reasons.
class UnreadableContainers {
 public:
  void add(const engine::InspectedContainer& container, Error error);
  void remove(const std::string& container_id) { unreadable_.erase(container_id); }
  [[nodiscard]] bool contains(const std::string& container_id) const {
    return unreadable_.contains(container_id);
  }

  /// Those that lack nothing but open files, which others may have left since.
  [[nodiscard]] std::vector<engine::InspectedContainer> without_descriptors() const;

  /// One condition for each reason.
  [[nodiscard]] Conditions conditions() const;
  /// Empty when it is not one of them.
  [[nodiscard]] std::string why(const std::string& container_id) const;

 private:
  struct Unreadable {
    engine::InspectedContainer container;
    Error error;
  };

  std::map<std::string, Unreadable> unreadable_;  ///< by container id
};

}  // namespace wemol::native
