#pragma once

#include <string>

#include "module_figures.h"

namespace wemol::report {

/// Fit for a cell: printable.
[[nodiscard]] std::string module_text(const GroupKey& group);
/// "GeForce RTX 3090": the models without their maker; "none", "not known".
[[nodiscard]] std::string gpu_text(const GroupKey& group);
[[nodiscard]] bool uses_no_gpu(const GroupKey& group);

}  // namespace wemol::report
