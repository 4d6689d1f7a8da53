#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backoff.h"
#include "gpu_message.h"

namespace wemol::nvml {

inline constexpr const char* kLibraryName = "libnvidia-ml.so.1";

/// Reads all GPUs through NVML, in this process: a call can hang in the driver, and for ever.
///
/// The driver is opened with the first reading and stays open. It is opened anew when the library
/// says that it must be, and, after pauses, when a GPU could not be read.
class NvmlReader {
 public:
  explicit NvmlReader(std::string library = kLibraryName);
  ~NvmlReader();
  NvmlReader(const NvmlReader&) = delete;
  NvmlReader& operator=(const NvmlReader&) = delete;

  /// A GPU that cannot be read is left out and stated. A value that the GPU does not have is
  /// absent.
  [[nodiscard]] Answer read(SteadyTime now, WallTime wall_now, Detail detail = Detail::of_tasks);

 private:
  class Session;

  /// An answer that stands in for the readings when the driver cannot be opened.
  [[nodiscard]] std::optional<Answer> open(SteadyTime now);
  [[nodiscard]] std::optional<Answer> cannot_start(const std::string& why, SteadyTime now);
  [[nodiscard]] Answer still_unreadable() const;

  std::string library_name_;
  std::unique_ptr<Session> session_;
  Backoff start_pause_{std::chrono::seconds(1), std::chrono::seconds(60)};
  Backoff lost_gpu_pause_{std::chrono::seconds(60), std::chrono::seconds(600)};
  std::string why_not_started_;
  bool driver_not_loaded_ = false;  ///< that is why
};

}  // namespace wemol::nvml
