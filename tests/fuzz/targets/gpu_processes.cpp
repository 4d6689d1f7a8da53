#include "fuzz_target.h"
#include "gpu_query.h"
#include "text.h"

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
  require(output.rows.size() + output.device_messages.size() + output.failure_messages.size() ==
              complete_lines(input).size(),
          "every line is a process or a message");
}

const Target gpu_processes_target("gpu_processes", check_gpu_processes);

}  // namespace
}  // namespace wemol::fuzz
