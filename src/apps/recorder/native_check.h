#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "clock.h"
#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "gpu_presence.h"
#include "gpu_reader.h"
#include "host_check.h"
#include "http_client.h"
#include "options.h"

namespace wemol {

/// Whether nvidia-smi answers. A host without an NVIDIA GPU does not need it.
[[nodiscard]] CheckResult check_nvidia_smi(CommandRunner& runner, const FileReader& files,
                                           GpuPresence& presence);

/// Asks each reader once, as a round with a new task does, and waits until `due` at most. One
/// finding for each reader that finds GPUs, and one when an NVIDIA GPU is found by none or there is
/// no GPU at all.
[[nodiscard]] CheckResults check_gpu_readers(const std::vector<std::unique_ptr<GpuReader>>& readers,
                                             SteadyTime due, const FileReader& files,
                                             GpuPresence& presence);

/// The borders over which the source native reads this host.
struct NativeBorders {
  HttpClient& engine;
  EventLoop& loop;
  const FileReader& files;
  const std::vector<std::unique_ptr<GpuReader>>& gpu_readers;
  GpuPresence& gpu_presence;
  std::uint64_t open_files_at_most = 0;  ///< RLIMIT_NOFILE, the hard one
};

/// What the source native cannot do without.
struct NativeNeeds {
  CheckResult engine;  ///< it answers at its socket
  /// The kernel's files, and enough descriptors. What is only worth a word when it is bad is left
  /// out when it is good.
  CheckResults host;
};

[[nodiscard]] NativeNeeds check_native_needs(const Options& options, const NativeBorders& borders);

/// Looks at what the source native needs and at the GPUs. Those that it cannot read are N/A.
[[nodiscard]] CheckResults check_native(const Options& options, const NativeBorders& borders);

}  // namespace wemol
