#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "document.h"
#include "json_parts.h"
#include "module_figures.h"

namespace wemol::report {

/// `wemol-report modules`. `gpu_hour_cores`: how many core-hours a GPU-hour counts as in the cost.
[[nodiscard]] Document modules_document(const ModuleFigures& figures, const ReportContext& context,
                                        double gpu_hour_cores);
/// The same with plain numbers; the list "modules" in it is what becomes CSV.
[[nodiscard]] nlohmann::ordered_json modules_json(const ModuleFigures& figures,
                                                  const ReportContext& context,
                                                  double gpu_hour_cores);

}  // namespace wemol::report
