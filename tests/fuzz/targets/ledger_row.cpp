#include "ledger_row.h"

#include "csv.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

std::optional<Result<RunSummary>> first_run(std::string_view text) {
  reading::CsvSplitter splitter(kLedgerColumnCount);
  while (!text.empty()) {
    if (splitter.next(text, true) == reading::CsvSplitter::Outcome::record) {
      return parse_ledger_row(splitter.fields());
    }
  }
  return std::nullopt;
}

void check_ledger_row(std::string_view input) {
  const auto run = first_run(input);
  if (!run || !*run) {
    return;
  }
  const std::string row = ledger_row(**run);
  const auto fields = parse_csv_record(row);
  require(fields && fields->size() == kLedgerColumnCount, "a run is one row with all columns");
  const auto again = first_run(row);
  require(again && *again, "a row that was written can be read");
  require(ledger_row(**again) == row, "a row that was read is written as it was");
}

const Target ledger_row_target("ledger_row", check_ledger_row);

}  // namespace
}  // namespace wemol::fuzz
