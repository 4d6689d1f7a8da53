#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wemol::queue {

/// Whether the end of a job's output says that a card had too little memory, in the words of CUDA,
/// HIP, or of what is built on them (PyTorch, JAX, TensorFlow).
[[nodiscard]] bool says_out_of_memory(std::string_view output);

/// How many processes the kernel has killed for want of memory since the boot, control groups
/// included. Nothing when it does not tell.
[[nodiscard]] std::optional<std::uint64_t> processes_killed_for_memory();

}  // namespace wemol::queue
