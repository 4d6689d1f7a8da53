#pragma once

#include <cstdint>
#include <optional>

#include <wemol/host_sample.h>

namespace wemol::sdk {

/// What `root` and all that descend from it use, as far as the sample knows. Nothing: it has no
/// list of processes, or `root` is not in it.
[[nodiscard]] std::optional<ProcessTreeSample> process_tree(const HostSample& sample,
                                                            std::uint64_t root);

}  // namespace wemol::sdk
