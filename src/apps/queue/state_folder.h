#pragma once

#include <filesystem>

namespace wemol::queue {

/// logs/ beside the config file where that is there; else $XDG_STATE_HOME/wemol-queue.
[[nodiscard]] std::filesystem::path default_state_folder(const std::filesystem::path& config);

}  // namespace wemol::queue
