#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/result.h>

#include "series_key.h"

namespace wemol::hub {

/// A report's figures, in ascending order, each key once.
using RowFigures = std::vector<std::pair<SeriesKey, double>>;

/// One report as the journal has it. Five digits of each number are kept.
[[nodiscard]] std::string pack_row(const RowFigures& figures);
[[nodiscard]] Result<RowFigures> unpack_row(std::string_view bytes);

}  // namespace wemol::hub
