#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "event_loop.h"
#include "files.h"
#include "gpu_presence.h"
#include "gpu_reader.h"
#include "host_finding.h"
#include "http_client.h"
#include "options.h"

namespace wemol {

/// The borders over which the source native reads this host.
struct NativeBorders {
  HttpClient& engine;
  EventLoop& loop;
  const FileReader& files;
  const std::vector<std::unique_ptr<GpuReader>>& gpu_readers;
  GpuPresence& gpu_presence;
  std::uint64_t open_files_at_most = 0;  ///< RLIMIT_NOFILE, the hard one
};

/// Looks at what the source native needs: the engine's socket, the kernel's files, the GPUs, and
/// enough descriptors. The last one has a finding only when they are few.
[[nodiscard]] HostFindings check_native(const Options& options, const NativeBorders& borders);

}  // namespace wemol
