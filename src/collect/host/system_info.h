#pragma once

#include <filesystem>
#include <string>

#include <wemol/host_facts.h>

namespace wemol::host {

/// All of it but the size of the disks. The name of the system and of the host are those of this
/// process, the rest is read below `root`.
[[nodiscard]] SystemInfo read_system_info(const std::filesystem::path& root);

/// The address from which this host speaks to others, as its routes are now; none is spoken to.
/// Empty: there is no way out.
[[nodiscard]] std::string address_to_others();

}  // namespace wemol::host
