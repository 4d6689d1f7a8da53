#pragma once

#include <string>
#include <vector>

namespace wemol::queue {

/// Ends what a killed keeper has left behind, by SIGKILL; returns what it has found: in the try's
/// control group, which it removes, and by processes_of_try(). Waits for some milliseconds.
std::vector<std::string> end_leftovers(const std::string& uni_id);

/// Removes the empty control groups of tries whose keepers are gone, from that of this process.
void remove_stale_cgroups();

}  // namespace wemol::queue
