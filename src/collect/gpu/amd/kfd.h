#pragma once

#include <map>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "amd_card.h"
#include "sysfs.h"

namespace wemol::amd {

/// The uuid of the card behind each gpu_id of KFD, the kernel's driver for compute. A card that is
/// split into partitions has several. Empty on a host without KFD; an error when a node of KFD
/// cannot be read.
using UuidByGpuId = std::map<std::string, std::string>;
[[nodiscard]] Result<UuidByGpuId> find_compute_gpus(const Sysfs& sysfs,
                                                    const std::vector<AmdCard>& cards);

/// The compute processes: each holds memory of the card or has a queue on it. An error when the
/// kernel's list of them cannot be read.
[[nodiscard]] Result<std::vector<GpuProcess>> read_compute_processes(const Sysfs& sysfs,
                                                                     const UuidByGpuId& gpus);

}  // namespace wemol::amd
