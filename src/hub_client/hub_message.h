#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <wemol/result.h>

namespace wemol::hub_client {

/// What the hub says on the WebSocket.
struct RegisterAnswer {
  bool is_accepted = false;
  std::string message;  ///< one clean line
};

/// {"type":"kill_processes","pids":[…]}. Ours beside them: "id", given back with the result;
/// "requested_by", for the log; "create_times", {"4711":1749030268.25}, as reported, so that a pid
/// that has been used again since is told apart.
struct KillRequest {
  std::vector<std::uint64_t> pids;  ///< each once; at most kMostPids
  std::map<std::uint64_t, double> create_times;
  std::string id;            ///< JSON; empty: none
  std::string requested_by;  ///< one clean line; empty: the hub does not say
};

/// Nothing that concerns us.
struct OtherMessage {};

using HubMessage = std::variant<RegisterAnswer, KillRequest, OtherMessage>;

inline constexpr std::size_t kMostPids = 1'000;
inline constexpr std::size_t kLongestMessage = std::size_t{64} << 10;

[[nodiscard]] Result<HubMessage> parse_hub_message(std::string_view text);

[[nodiscard]] std::string register_message(std::string_view hostname, std::string_view token);

enum class KillOutcome {
  killed,
  gone,    ///< or another process by now
  denied,  ///< by the agent's settings or the kernel
  alive    ///< it has been signaled, and is still there
};
struct KillResult {
  std::uint64_t pid = 0;
  KillOutcome outcome = KillOutcome::denied;
};

/// {"type":"kill_process_result","status":…,"message":"成功终止 x/n 个进程","results":[…]}
[[nodiscard]] std::string kill_result_message(const KillRequest& request,
                                              const std::vector<KillResult>& results);

}  // namespace wemol::hub_client
