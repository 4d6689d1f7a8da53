#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "command_runner.h"

namespace wemol::docker {

/// The last run of a container.
struct InspectedRun {
  std::string container_id;
  bool is_running = false;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;    ///< absent while it runs
  std::optional<std::int64_t> exit_code;  ///< absent while it runs
  std::optional<bool> oom_killed;
};

/// One `docker inspect` for all of them.
[[nodiscard]] std::vector<std::string> inspect_arguments(const std::vector<std::string>& ids);

/// Those that it has found. A line that is none is left out.
[[nodiscard]] std::vector<InspectedRun> parse_inspect(std::string_view output);

/// Whether what `docker inspect` has not printed is not there any more: it says so for each, and
/// exits with 1. Else it has failed, and nothing is known of them.
[[nodiscard]] bool has_answered_for_all(const CommandOutcome& outcome);

}  // namespace wemol::docker
