#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "agent_links.h"
#include "http_message.h"

namespace wemol::hub {

/// Reads {"hostname":…,"pids":[…]}. Ours beside them: "processes":[{"pid":…,"create_time":…}],
/// which tells apart a pid that has been used again. The error is the answer, 400.
[[nodiscard]] tl::expected<KillOrder, serve::Response> parse_kill_request(std::string_view body);

/// {"status":"success","message":"命令已发送到客户端","results":[…]}
[[nodiscard]] serve::Response kill_answer(const std::vector<KillOutcome>& outcomes);

}  // namespace wemol::hub
