#include <vector>

#include <gtest/gtest.h>

#include "csv.h"

namespace wemol {
namespace {

std::string record(const std::vector<std::string>& fields) {
  return csv_record(fields);
}

TEST(CsvRecord, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(record({"a", "b c", "", "°"}), "a,b c,,°\r\n");
  EXPECT_EQ(record({"a,b", "say \"hi\"", "x\ny", "x\ry"}),
            "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\",\"x\ry\"\r\n");
}

TEST(FormulaGuard, PutsAnApostropheBeforeWhatASpreadsheetWouldRun) {
  for (const std::string start : {"=", "+", "-", "@", "\t", "\r"}) {
    EXPECT_EQ(guarded_against_formulas(start + "1"), "'" + start + "1");
  }
  EXPECT_EQ(guarded_against_formulas("MD=1"), "MD=1");
  EXPECT_EQ(guarded_against_formulas(""), "");
}

TEST(FormulaGuard, IsTakenOffOnlyWhereItStandsBeforeAFormula) {
  EXPECT_EQ(without_formula_guard("'=1"), "=1");
  EXPECT_EQ(without_formula_guard("'\t"), "\t");
  for (const char* text : {"", "'", "'MD'", "''=1", "=1", "MD"}) {
    EXPECT_EQ(without_formula_guard(text), text);
  }
}

}  // namespace
}  // namespace wemol
