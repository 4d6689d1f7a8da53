#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wemol {

/// What a collector of containers tells the others in the round that goes on.
class TaskContainers {
 public:
  TaskContainers() = default;
  TaskContainers(const TaskContainers&) = delete;
  TaskContainers& operator=(const TaskContainers&) = delete;
  virtual ~TaskContainers() = default;

  [[nodiscard]] virtual bool is_known(std::string_view container_id) const = 0;
  [[nodiscard]] virtual bool is_task(std::string_view container_id) const = 0;
  /// How many tasks run that are worth a look at what they use.
  [[nodiscard]] virtual std::size_t tasks() const = 0;
  /// How many tasks have appeared so far.
  [[nodiscard]] virtual std::uint64_t tasks_seen() const = 0;
};

}  // namespace wemol
