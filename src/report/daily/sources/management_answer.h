#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

/// Who had what, by the management API.
struct ManagementAnswer {
  std::map<std::string, std::vector<TaskUse>> by_node;  ///< of all nodes asked for; by their begin
  std::vector<std::string> warnings;                    ///< each once
};

/// Reads the answer of /api/v2/consumption/task. Tasks that were over before the day or began after
/// it are left out; so are those of other hosts, of no readable time or of no user: a warning says
/// so. A card whose index cannot be told has none, with a warning.
[[nodiscard]] Result<ManagementAnswer> parse_tasks(std::string_view json,
                                                   std::span<const NodeSettings> nodes,
                                                   const Day& day);

/// Takes off the indices that the node does not have, where its cards were found out only later.
void drop_indices_beyond(std::size_t card_count, const std::string& node,
                         std::vector<TaskUse>& tasks, std::vector<std::string>& warnings);

/// "Fri, 01 Aug 2025 00:00:00 GMT" as seconds since 1970.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace wemol::report::daily
