#include <cmath>

#include "fuzz_target.h"
#include "gpu_answer.h"

namespace wemol::fuzz {
namespace {

void check_gpu(const GpuDevice& gpu) {
  require(gpu.uuid.starts_with("GPU-") || gpu.uuid.starts_with("MIG-"), "a GPU has a uuid");
  require(gpu.name == trimmed(gpu.name) && gpu.name.find('\n') == std::string::npos,
          "a GPU's name is a field");
  for (const auto& number :
       {gpu.utilization_percent, gpu.memory_utilization_percent, gpu.temperature_celsius,
        gpu.fan_speed_percent, gpu.power_draw_watts, gpu.power_limit_watts}) {
    require(!number || std::isfinite(*number), "a GPU's values are finite");
  }
}

void check_gpu_list(std::string_view input) {
  auto columns = nvidia_smi::all_gpu_columns();
  while (!columns.empty()) {  // older drivers lack some
    const auto output = nvidia_smi::parse_gpus(input, columns);
    for (const GpuDevice& gpu : output.rows) {
      check_gpu(gpu);
    }
    require_that_no_line_is_lost(input, output);
    columns.resize(columns.size() / 2);
  }
  const auto field = nvidia_smi::unknown_field(input);
  require(!field || input.find(*field) != std::string_view::npos, "an unknown field is named");
}

const Target gpu_list_target("gpu_list", check_gpu_list);

}  // namespace
}  // namespace wemol::fuzz
