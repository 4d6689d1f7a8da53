#pragma once

#include <boost/json/value.hpp>

#include "report.h"

namespace wemol::hub {

/// The numbers of a report that check_report() has found good. The figures of `record` come before
/// those of the old form. A `record` whose number is none is an error that names it.
[[nodiscard]] Result<Figures> figures_of(const boost::json::object& report);

}  // namespace wemol::hub
