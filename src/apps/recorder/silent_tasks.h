#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <wemol/condition.h>

#include "clock.h"
#include "snapshot_builder.h"

namespace wemol {

/// Finds the tasks that run and have no row, round after round, since nothing valid can be read of
/// them. A container that has just started or is being restarted has none for a moment, so one
/// round says nothing.
class SilentTasks {
 public:
  static constexpr std::uint64_t kRounds = 3;
  static constexpr std::chrono::seconds kFor{15};
  /// That many have a line of their own in the log at a time. The others are counted.
  static constexpr std::size_t kNamed = 5;

  /// The tasks of a round at `now`.
  void note(const std::vector<TaskContainer>& tasks, SteadyTime now);

  [[nodiscard]] std::size_t count() const;
  /// To be stated also in a round without tasks: nobody knows of any change then.
  [[nodiscard]] Conditions conditions() const;

 private:
  struct Silence {
    std::string task_id;
    std::string container_name;
    std::string reason;
    SteadyTime since;
    std::uint64_t rounds = 0;
    bool is_long = false;
    bool is_named = false;
  };
  using Key = std::pair<std::string, std::uint64_t>;  ///< container id, run

  void forget_all_but(const std::vector<TaskContainer>& tasks);

  std::map<Key, Silence> silences_;
};

}  // namespace wemol
