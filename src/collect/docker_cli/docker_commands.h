#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include <wemol/facts.h>

#include "clock.h"
#include "command_runner.h"

namespace wemol::docker {

/// The arguments of the call whose output parse_ps reads.
[[nodiscard]] std::vector<std::string> ps_arguments();

struct ListedContainer {
  std::string id;
  std::string name;
  /// False while the engine restarts it: it has no process then.
  bool has_processes = true;
};

struct PsOutput {
  std::vector<ListedContainer> containers;
  std::vector<std::string> messages;  ///< lines that are no container, and half a line
};

/// Reads one line per container: id, names, state, separated by tabs. With links a container has
/// several names, joined by commas; its own is the one without a slash.
[[nodiscard]] PsOutput parse_ps(std::string_view text);

/// `docker events` of the starts and ends of containers between two moments of this host's clock.
/// It prints one JSON object a line, as the engine's API sends it, and ends at once when the second
/// moment has passed.
[[nodiscard]] std::vector<std::string> events_arguments(WallTime since, WallTime until);

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

/// The arguments of the call whose output parse_top reads. It needs the PID column's header.
[[nodiscard]] std::vector<std::string> top_arguments(std::string_view container_id);

/// The container's processes, as the host numbers them: a header line, then one pid a line. The
/// error is the line that is anything else.
[[nodiscard]] tl::expected<std::vector<std::uint64_t>, std::string> parse_top(
    std::string_view text);

}  // namespace wemol::docker
