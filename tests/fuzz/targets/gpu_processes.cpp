#include "fuzz_target.h"
#include "gpu_answer.h"

namespace wemol::fuzz {
namespace {

void check_gpu_processes(std::string_view input) {
  const auto output = nvidia_smi::parse_compute_apps(input);
  for (const GpuProcess& process : output.rows) {
    require(process.gpu_uuid.starts_with("GPU-") || process.gpu_uuid.starts_with("MIG-"),
            "a process is on a GPU");
    require(input.find(std::to_string(process.pid)) != std::string_view::npos,
            "a process's number stands in the text");
    require(!process.container_id, "its container is left open");
  }
  require_that_no_line_is_lost(input, output);
}

const Target gpu_processes_target("gpu_processes", check_gpu_processes);

}  // namespace
}  // namespace wemol::fuzz
