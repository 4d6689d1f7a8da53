#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wemol::sdk {

/// `name` as the name of a file or folder: one that may stand there as it is stays. Otherwise what
/// cannot be in a file name is replaced, and a number of the name follows, so that two names never
/// become one. It names nothing outside its folder and no hidden file.
[[nodiscard]] std::string file_name(std::string_view name);

/// "20261128-003806-1f9c52ab": the time (UTC) and chance.
[[nodiscard]] std::string new_run_id();

/// `dir`, or WEMOL_DIR, or "./wemol-runs"; absolute, so that the caller may change its folder.
[[nodiscard]] std::filesystem::path runs_folder(const std::string& dir);

/// `node_id`, or SLURM_NODEID, or "localhost".
[[nodiscard]] std::string node_name(const std::string& node_id);

}  // namespace wemol::sdk
