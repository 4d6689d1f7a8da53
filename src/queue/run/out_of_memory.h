#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace wemol::queue {

/// Whether the end of a job's output says that a card had too little memory, in the words of CUDA,
/// HIP, or of what is built on them (PyTorch, JAX, TensorFlow).
[[nodiscard]] bool says_out_of_memory(std::string_view output);

/// Where the kernel counts the processes that it has killed for want of memory: those of this
/// control group and of what is in it, and where that is not counted (memory is not controlled
/// there, no v2) those of the whole host.
[[nodiscard]] std::filesystem::path file_of_memory_kills(
    const std::optional<std::filesystem::path>& cgroup);

/// The count in such a file; nothing when it has none.
[[nodiscard]] std::optional<std::uint64_t> processes_killed_for_memory(
    const std::filesystem::path& file);

}  // namespace wemol::queue
