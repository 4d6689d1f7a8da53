#pragma once

#include <filesystem>
#include <string>

#include <wemol/host_facts.h>

namespace wemol::host {
[[nodiscard]] SystemInfo read_system_info(const std::filesystem::path& root);
[[nodiscard]] std::string address_to_others();
}  // namespace wemol::host
