#pragma once

#include <functional>
#include <span>

#include <wemol/result.h>

#include "daily_settings.h"
#include "fetch_limits.h"
#include "management_answer.h"
#include "web_client.h"

namespace wemol::report::daily {

/// Asks the management API for a day. `client` has to trust the settings' ca_file. Calls `done`
/// once; an error is one sentence that holds neither the token nor what the API said.
void fetch_tasks(web::Client& client, const ManagementSettings& management,
                 const std::vector<NodeSettings>& nodes, const Day& day, const FetchLimits& limits,
                 std::function<void(Result<ManagementAnswer>)> done);

}  // namespace wemol::report::daily
