#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fake_nvml {

/// What the stand-in for NVML is to do: "key value" lines of the file that the environment names in
/// FAKE_NVML_SCENARIO, read anew with every call.
///
///   count 2                      GPUs; their keys begin with their index
///   0.uuid GPU-1                 and so for every value; what has no line is NOT_SUPPORTED
///   0.memory 100 10 30           total, reserved, used
///   0.processes 12:5,13:7:1:0    pid:bytes[:gpu instance:compute instance]; also 0.mps_processes
///   0.samples 12:500:40          pid:age in ms:sm percent
///   0.stale_samples yes          older ones than were asked for are given, too
///   0.mig 2                      MIG on, two places, whose keys begin with 0.0 and 0.1
///   nvmlInit error 9             a function fails with a return code
///   nvmlInit once 1 /path        the same, once: then there is that file
///   0.nvmlDeviceGetName error 15 the same for one GPU
///   nvmlInit hang                never returns; also: crash
///   nvmlInit wait /path          returns when there is that file
///   log /path                    init and shutdown are written there
class Scenario {
 public:
  Scenario();

  [[nodiscard]] std::optional<std::string> text(const std::string& key) const;
  [[nodiscard]] std::vector<unsigned long long> numbers(const std::string& key) const;
  /// "1:2,3:4" as {{1, 2}, {3, 4}}.
  [[nodiscard]] std::vector<std::vector<unsigned long long>> rows(const std::string& key) const;

 private:
  std::map<std::string, std::string> values_;
};

/// Does what the scenario says about a call of `function` for the device whose keys begin with
/// `prefix`. Returns the return code; 0 when the call is to go on.
[[nodiscard]] int enter(const Scenario& scenario, const std::string& prefix,
                        const std::string& function);

}  // namespace fake_nvml
