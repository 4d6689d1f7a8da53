#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "api_version.h"
#include "clock.h"

namespace wemol::engine {

/// The path of the engine's socket: from the value of DOCKER_HOST ("unix:///path"), or the usual
/// one when that is empty. An engine behind any other address is not on this host, or cannot be
/// told to be.
[[nodiscard]] Result<std::string> socket_path(std::string_view docker_host);

/// What the engine's API is asked for, and how its answers read. They read alike in all versions
/// from kOldestKnown to kNewestKnown; the targets are without one, which EngineClient puts before
/// them.

/// The engine's version; to be asked for without one, which all engines answer.
[[nodiscard]] std::string version_target();
/// The containers that are running, paused or restarting.
[[nodiscard]] std::string list_target();
/// Everything about one container.
[[nodiscard]] std::string inspect_target(std::string_view container_id);
/// The stream of those events that parse_event reads, from now on, or those that the engine still
/// remembers since that moment (its last 256, of all kinds).
[[nodiscard]] std::string events_target(std::optional<WallTime> since);

/// "1795338668.617202783": a moment as the API and docker events take it.
[[nodiscard]] std::string unix_time_text(WallTime time);

/// A moment as the engine prints it, ISO 8601; what has not happened yet is in the year 1, and
/// absent.
[[nodiscard]] std::optional<WallTime> parse_moment(std::string_view text);

struct ListedContainer {
  std::string id;
  std::string name;  ///< without a leading slash
};

struct InspectedContainer {
  std::string id;
  std::string name;
  std::int64_t pid = 0;  ///< of its first process, as the host numbers it; 0 when it does not run
  /// "none", "host", "bridge", the name of a network, "container:<id>"
  std::string network_mode;
  std::optional<WallTime> started_at;  ///< its last run
  /// Of its last run, if that is over (`pid` is 0).
  std::optional<WallTime> finished_at;
  std::optional<std::int64_t> exit_code;
  std::optional<bool> oom_killed;
};

struct Event {
  enum class Kind { start, die, rename, oom, update, other };
  Kind kind = Kind::other;
  std::string container_id;
  std::string name;  ///< after a rename the new one
  std::optional<WallTime> at;
  std::optional<std::int64_t> exit_code;  ///< with die
};

/// The error has the code kNoEngine.
[[nodiscard]] Result<EngineVersion> parse_version(std::string_view json);
[[nodiscard]] Result<std::vector<ListedContainer>> parse_list(std::string_view json);
[[nodiscard]] Result<InspectedContainer> parse_inspect(std::string_view json);
/// One line of the stream.
[[nodiscard]] Result<Event> parse_event(std::string_view json);
/// What the engine says in an answer with an error status, printable.
[[nodiscard]] std::string error_text(std::string_view json);

}  // namespace wemol::engine
