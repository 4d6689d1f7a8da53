#pragma once

#include <span>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "ledger_schema.h"

namespace wemol {

/// The name of the ledger's file in each module's folder, without ".csv".
inline constexpr std::string_view kLedgerStem = "summary";

/// One run as a row of the ledger, with its line end. Times are ISO 8601 with the local offset;
/// numbers are plain, without units; flags are 1 and 0; what is unknown is empty.
[[nodiscard]] std::string ledger_row(const RunSummary& run);

/// Reads the fields of a row, quotes already taken off, as ledger_row has written them. The error
/// names the column. A spreadsheet may have made the decimal points commas.
[[nodiscard]] Result<RunSummary> parse_ledger_row(std::span<const std::string_view> fields,
                                                  char decimal_point = '.');

}  // namespace wemol
