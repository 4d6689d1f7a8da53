#pragma once

#include <map>
#include <string>
#include <vector>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "engine_messages.h"

namespace wemol::native {

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
