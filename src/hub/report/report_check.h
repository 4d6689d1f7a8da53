#pragma once

#include <boost/json/value.hpp>

#include "report.h"

namespace wemol::hub {

/// Whether each field is what report_fields() states, and within the limits.
[[nodiscard]] Result<void> check_report(const boost::json::object& report,
                                        const ReportLimits& limits);

}  // namespace wemol::hub
