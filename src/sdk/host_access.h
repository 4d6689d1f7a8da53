#pragma once

#include "hub.h"

namespace wemol::sdk {

/// This host, read by the sampler. NVML is called in a helper process, the program that
/// WEMOL_NVML_HELPER names, else the one that was installed with the library.
[[nodiscard]] HostAccess real_host_access();

}  // namespace wemol::sdk
