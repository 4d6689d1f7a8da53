#include "kfd.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "text.h"

namespace wemol::amd {
namespace {

constexpr const char* kKfdFolder = "sys/class/kfd/kfd";
constexpr const char* kNodesFolder = "sys/class/kfd/kfd/topology/nodes";
constexpr const char* kProcessesFolder = "sys/class/kfd/kfd/proc";

/// What the properties of a node ("location_id 49920", one a line) say under `key`.
std::optional<std::uint32_t> property(std::string_view properties, std::string_view key) {
  for (const std::string_view line : complete_lines(properties)) {
    const auto fields = split_fields(line, ' ');
    if (fields.size() == 2 && fields[0] == key) {
      return parse_number<std::uint32_t>(fields[1]);
    }
  }
  return std::nullopt;
}

std::optional<PciAddress> address_in(const std::string& properties) {
  const auto location = property(properties, "location_id");
  if (!location) {
    return std::nullopt;
  }
  // Bus, device and function as PCI counts them; the highest bits are the number of the partition.
  return PciAddress{.domain = property(properties, "domain").value_or(0),
                    .bus = *location >> 8U & 0xFFU,
                    .device = *location >> 3U & 0x1FU,
                    .function = *location & 0x7U};
}

/// The card at that place. Some kernels put the number of the partition where the function
/// belongs, so a place without a card of its own is that of function 0.
std::vector<AmdCard>::const_iterator card_at(PciAddress address,
                                             const std::vector<AmdCard>& cards) {
  const auto exact = std::ranges::find(cards, address, &AmdCard::address);
  if (exact != cards.end()) {
    return exact;
  }
  address.function = 0;
  return std::ranges::find(cards, address, &AmdCard::address);
}

/// The gpu_ids on which the process has a queue.
std::set<std::string> gpus_with_queue(const Sysfs& sysfs, const std::string& process_folder) {
  std::set<std::string> gpu_ids;
  const std::string queues = process_folder + "/queues";
  for (const std::string& queue : sysfs.names_in(queues).value_or(std::vector<std::string>())) {
    if (const auto gpu_id = sysfs.text(fmt::format("{}/{}/gpuid", queues, queue))) {
      gpu_ids.insert(*gpu_id);
    }
  }
  return gpu_ids;
}

/// Adds one entry for each card that the process uses.
void add_process(const Sysfs& sysfs, const std::string& pid_text, std::uint64_t pid,
                 const UuidByGpuId& gpus, std::vector<GpuProcess>& processes) {
  const std::string folder = fmt::format("{}/{}", kProcessesFolder, pid_text);
  std::optional<std::set<std::string>> with_queue;  // read only when the memory does not tell
  std::map<std::string, std::optional<std::uint64_t>> memory_by_uuid;
  for (const auto& [gpu_id, uuid] : gpus) {
    const auto memory = sysfs.number(fmt::format("{}/vram_{}", folder, gpu_id));
    if (memory.value_or(0) == 0) {
      if (!with_queue) {
        with_queue = gpus_with_queue(sysfs, folder);
      }
      if (!with_queue->contains(gpu_id)) {
        continue;
      }
    }
    auto& sum = memory_by_uuid[uuid];
    if (memory) {
      sum = sum.value_or(0) + *memory;
    }
  }
  for (const auto& [uuid, memory] : memory_by_uuid) {
    processes.push_back({.pid = pid, .gpu_uuid = uuid, .memory_used_bytes = memory});
  }
}

bool host_has_kfd(const Sysfs& sysfs) {
  const auto names = sysfs.names_in(kKfdFolder);
  return names || names.error().code != ENOENT;
}

}  // namespace

Result<UuidByGpuId> find_compute_gpus(const Sysfs& sysfs, const std::vector<AmdCard>& cards) {
  UuidByGpuId gpus;
  if (!host_has_kfd(sysfs)) {
    return gpus;
  }
  const auto nodes = sysfs.names_in(kNodesFolder);
  if (!nodes) {
    return tl::make_unexpected(nodes.error());
  }
  for (const std::string& node : *nodes) {
    const std::string folder = fmt::format("{}/{}", kNodesFolder, node);
    const auto gpu_id = sysfs.text(folder + "/gpu_id");
    const auto properties = sysfs.text(folder + "/properties");
    if (!gpu_id || !properties) {
      return tl::make_unexpected(!gpu_id ? gpu_id.error() : properties.error());
    }
    const auto address = *gpu_id == "0" ? std::nullopt : address_in(*properties + "\n");
    const auto card = address ? card_at(*address, cards) : cards.end();
    if (card != cards.end()) {
      gpus[*gpu_id] = card->uuid;
    }
  }
  return gpus;
}

Result<std::vector<GpuProcess>> read_compute_processes(const Sysfs& sysfs,
                                                       const UuidByGpuId& gpus) {
  std::vector<GpuProcess> processes;
  if (gpus.empty()) {
    return processes;
  }
  const auto names = sysfs.names_in(kProcessesFolder);
  if (!names) {
    return tl::make_unexpected(names.error());
  }
  for (const std::string& name : *names) {
    if (const auto pid = parse_number<std::uint64_t>(name)) {
      add_process(sysfs, name, *pid, gpus, processes);
    }
  }
  return processes;
}

}  // namespace wemol::amd
