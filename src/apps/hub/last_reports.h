#pragma once

#include <cstddef>
#include <string_view>

#include "clock.h"
#include "host_table.h"
#include "shared_text.h"

namespace wemol::hub {

/// The newest report of each host as lines of JSON, so that after a restart of the hub hosts that
/// are gone still are on the page. With 1,000 hosts the reports are most of what the hub has in
/// memory: they go to the disk as they are.
[[nodiscard]] SharedText last_reports(const HostTable& table);

/// Puts them into a table that is empty, as old as they are. Lines that are no good are left out.
/// Returns how many hosts there were.
std::size_t restore_reports(std::string_view text, Moment now, HostTable& table);

}  // namespace wemol::hub
