#pragma once

#include <string>

#include "gpu_reader.h"

namespace wemol::nvml {

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

}  // namespace wemol::nvml
