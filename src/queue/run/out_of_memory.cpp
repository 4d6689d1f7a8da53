#include "out_of_memory.h"

#include <algorithm>
#include <array>
#include <string>

#include "files.h"
#include "text.h"

namespace wemol::queue {

bool says_out_of_memory(std::string_view output) {
  static constexpr std::array<std::string_view, 14> kWords{
      "CUDA out of memory",
      "CUDA error: out of memory",
      "OutOfMemoryError",  // torch., torch.cuda., cupy.cuda.memory.
      "cudaErrorMemoryAllocation",
      "CUDA_ERROR_OUT_OF_MEMORY",
      "CUBLAS_STATUS_ALLOC_FAILED",
      "CUDNN_STATUS_ALLOC_FAILED",
      "CUSOLVER_STATUS_ALLOC_FAILED",
      "HIP out of memory",
      "HIP error: out of memory",
      "hipErrorOutOfMemory",
      "HIPBLAS_STATUS_ALLOC_FAILED",
      "RESOURCE_EXHAUSTED: Out of memory",
      "OOM when allocating tensor",
  };
  return std::ranges::any_of(
      kWords, [&](std::string_view words) { return output.find(words) != std::string_view::npos; });
}

std::filesystem::path file_of_memory_kills(const std::optional<std::filesystem::path>& cgroup) {
  if (cgroup) {
    auto events = *cgroup / "memory.events";
    if (processes_killed_for_memory(events)) {
      return events;
    }
  }
  return "/proc/vmstat";
}

std::optional<std::uint64_t> processes_killed_for_memory(const std::filesystem::path& file) {
  constexpr std::size_t kCapBytes = std::size_t{64} << 10;
  constexpr std::string_view kField = "oom_kill ";
  const auto text = SystemFileReader().read(file, kCapBytes);
  if (!text) {
    return std::nullopt;
  }
  for (const std::string_view line : complete_lines(*text)) {
    if (line.starts_with(kField)) {
      return parse_number<std::uint64_t>(line.substr(kField.size()));
    }
  }
  return std::nullopt;
}

}  // namespace wemol::queue
