#pragma once

#include <nlohmann/json_fwd.hpp>

#include "document.h"
#include "json_parts.h"
#include "recommendation.h"

namespace wemol::report {

/// `wemol-report recommend`.
[[nodiscard]] Document recommendation_document(const ModuleFigures& figures,
                                               const ReportContext& context,
                                               const RequestRules& rules);
/// The same with plain numbers; the list "modules" in it is what becomes CSV.
[[nodiscard]] nlohmann::ordered_json recommendation_json(const ModuleFigures& figures,
                                                         const ReportContext& context,
                                                         const RequestRules& rules);

}  // namespace wemol::report
