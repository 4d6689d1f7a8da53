#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "gpu_reader.h"

namespace wemol::nvml {

/// Which values of a device are asked for: each costs a call into the driver.
enum class Detail {
  of_tasks,   ///< those that a task's record has
  instances,  ///< the same, and those of the instances of divided GPUs (GpuReadings::divided)
  all
};

/// A reader that keeps the driver open from one reading to the next.
class DriverReader : public GpuReader {
 public:
  /// Closes the driver; the next begin() opens it again.
  virtual void let_go() = 0;
  /// Nothing of ours has the driver open (any more).
  [[nodiscard]] virtual bool has_let_go() = 0;
  /// Why finish() gives nothing, in the loader's words; empty while it gives something.
  [[nodiscard]] virtual const std::string& why_no_library() const = 0;
};

/// What one request to NVML came to.
struct Answer {
  /// Absent when this host has no NVML. What else is wrong is stated in their conditions.
  std::optional<GpuReadings> readings;
  std::string why_no_library;  ///< in the loader's words; set when there are no readings
};

/// An answer as one line of JSON, without the line's end: what goes from the helper to the
/// recorder. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_line(const Answer& answer);

/// The answer that such a line holds. Half a line or anything else is an error.
[[nodiscard]] Result<Answer> from_line(std::string_view line);

}  // namespace wemol::nvml
