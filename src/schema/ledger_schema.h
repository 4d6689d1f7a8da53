#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "field.h"
#include "run_summary.h"

namespace wemol {

/// A field of RunSummary, where it is, and how exactly it is written.
struct LedgerField : Field {
  using Member =
      std::variant<std::string RunSummary::*, std::optional<WallTime> RunSummary::*,
                   std::optional<bool> RunSummary::*, std::uint64_t RunSummary::*,
                   std::optional<std::uint64_t> RunSummary::*,
                   std::optional<std::int64_t> RunSummary::*, std::optional<double> RunSummary::*>;
  Member member;
  int decimals = 3;           ///< of a double, at most
  bool is_free_text = false;  ///< not made of digits: guarded against formulas in the CSV
};

/// All of RunSummary. Those with a column are the ledger's columns, in its order.
[[nodiscard]] std::span<const LedgerField> ledger_fields();

inline constexpr std::size_t kLedgerColumnCount = 29;
inline constexpr std::size_t kLedgerEndedAtColumn = 5;

/// With its line end.
[[nodiscard]] const std::string& ledger_header();

}  // namespace wemol
