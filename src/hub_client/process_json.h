#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include <wemol/host_sample.h>

namespace wemol::hub_client {

/// The processes of a sample as reports have them, for each GPU and for the host.
class ProcessJson {
 public:
  using Json = nlohmann::ordered_json;

  explicit ProcessJson(const HostSample& sample);

  /// Null when they are unknown or not to be reported.
  [[nodiscard]] Json on_gpu(const GpuDevice& device);
  [[nodiscard]] Json of_host();

 private:
  struct OnGpus {
    std::vector<unsigned> indexes;
    std::optional<double> memory_mib;  ///< of all together, where each is known
  };

  [[nodiscard]] Json process(const ProcessSample& process);
  [[nodiscard]] Json command_line(const std::string& text);
  [[nodiscard]] std::vector<const ProcessSample*> chosen() const;
  [[nodiscard]] const ProcessSample* find(std::uint64_t pid) const;

  const HostSample& sample_;
  std::unordered_map<std::uint64_t, OnGpus> on_gpus_;  ///< by pid
  std::size_t command_line_bytes_left_;
  std::size_t processes_left_on_gpus_;
};

/// The word that the old collector has for a state of /proc: 'S' is "sleeping".
[[nodiscard]] std::string_view state_word(char state);

}  // namespace wemol::hub_client
