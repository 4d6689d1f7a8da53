#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "clock.h"
#include "host_table.h"

namespace wemol::hub {

/// The newest report of each host as lines of JSON, so that after a restart of the hub hosts that
/// are gone still are on the page.
[[nodiscard]] std::string last_reports_text(const HostTable& table);

/// Puts them into a table that is empty, as old as they are. Lines that are no good are left out.
/// Returns how many hosts there were.
std::size_t restore_reports(std::string_view text, Moment now, HostTable& table);

}  // namespace wemol::hub
