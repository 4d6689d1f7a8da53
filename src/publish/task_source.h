#pragma once

#include <optional>
#include <string>

#include "snapshot_reader.h"

namespace wemol {

/// Where the tasks of this host are known from.
class TaskSource {
 public:
  TaskSource() = default;
  TaskSource(const TaskSource&) = delete;
  TaskSource& operator=(const TaskSource&) = delete;
  virtual ~TaskSource() = default;

  /// The newest round. Nothing while the recorder is not connected or has not finished one since.
  [[nodiscard]] virtual const std::optional<PublishedTasks>& newest() const = 0;
  /// Why there is nothing; empty when there is something.
  [[nodiscard]] virtual const std::string& problem() const = 0;
};

}  // namespace wemol
