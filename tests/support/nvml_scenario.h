#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::test {

/// The scenario of the stand-ins for NVML (fake_nvml/scenario.h), for this process and its
/// children, while this lives.
class NvmlScenario {
 public:
  NvmlScenario() { setenv("FAKE_NVML_SCENARIO", (dir_ / "scenario").c_str(), 1); }
  NvmlScenario(const NvmlScenario&) = delete;
  NvmlScenario& operator=(const NvmlScenario&) = delete;
  ~NvmlScenario() { unsetenv("FAKE_NVML_SCENARIO"); }

  /// Replaced at once, whoever reads it meanwhile.
  void set(const std::string& lines) const {
    write_text(dir_ / "new", lines + "log " + (dir_ / "log").string() + "\n");
    std::filesystem::rename(dir_ / "new", dir_ / "scenario");
  }
  /// What was opened and closed: "init\nshutdown\n".
  [[nodiscard]] std::string log() const {
    return std::filesystem::exists(dir_ / "log") ? read_text(dir_ / "log") : "";
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (dir_ / name).string(); }

 private:
  TempDir dir_;
};

/// Two GPUs with a value for everything; process 11 runs on both.
inline constexpr const char* kTwoGpus =
    "count 2\n"
    "0.uuid GPU-0\n0.name NVIDIA A100\n0.memory 1000 100 300\n0.utilization 90 40\n"
    "0.temperature 61\n0.fan 30\n0.power 250500\n0.power_limit 400000\n"
    "0.processes 10:100,11:200\n0.mps_processes 12:50\n0.samples 11:500:40,11:1000:60,11:60000:99\n"
    "1.uuid GPU-1\n1.name NVIDIA T4\n1.memory 2000 0 400\n1.utilization 0 0\n"
    "1.temperature 30\n1.fan 0\n1.power 10000\n1.power_limit 70000\n"
    "1.processes 11:400\n1.samples \n";

}  // namespace wemol::test
