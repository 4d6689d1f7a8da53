#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wemol::queue {

/// `command` with {work_dir} and {uni_id} replaced, once. Every other brace stays as it is, and so
/// does ${work_dir}, which is the shell's. Nothing is quoted for the shell.
[[nodiscard]] std::string expand(std::string_view command, const std::filesystem::path& work_dir,
                                 std::string_view uni_id);

}  // namespace wemol::queue
