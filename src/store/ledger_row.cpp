#include "ledger_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "csv.h"
#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

/// With at most `decimals` digits behind the point, never with an exponent: 0.5, 12, 1048576.25.
std::string number_text(const std::optional<double>& number, int decimals) {
  if (!number || !std::isfinite(*number)) {
    return {};
  }
  std::string text = fmt::format("{:.{}f}", *number, decimals);
  if (decimals > 0) {
    text.resize(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
      text.pop_back();
    }
  }
  return text;
}

/// A value as the ledger has it.
struct CellText {
  const LedgerField& field;

  std::string operator()(const std::string& text) const {
    return field.is_free_text ? guarded_against_formulas(text) : text;
  }
  std::string operator()(const std::optional<WallTime>& time) const {
    return time ? iso_time_text(*time) : std::string();
  }
  std::string operator()(const std::optional<bool>& flag) const {
    return flag ? (*flag ? "1" : "0") : "";
  }
  std::string operator()(const std::optional<double>& number) const {
    return number_text(number, field.decimals);
  }
  std::string operator()(std::uint64_t count) const { return fmt::format("{}", count); }
  template <typename Whole>
  std::string operator()(const std::optional<Whole>& number) const {
    return number ? fmt::format("{}", *number) : std::string();
  }
};

/// Reads a cell back. False when it is none of a ledger.
struct CellReader {
  const LedgerField& field;
  std::string_view cell;
  char decimal_point = '.';

  bool operator()(std::string& text) const {
    text = field.is_free_text ? without_formula_guard(cell) : cell;
    return true;
  }
  bool operator()(std::uint64_t& count) const {
    std::optional<std::uint64_t> number;
    const bool is_readable = (*this)(number);
    count = number.value_or(0);
    return is_readable;
  }
  template <typename Value>
  bool operator()(std::optional<Value>& value) const {
    value = parse(std::type_identity<Value>());
    return value || cell.empty();
  }

 private:
  [[nodiscard]] std::optional<WallTime> parse(std::type_identity<WallTime> /*type*/) const {
    return parse_iso_time(cell);
  }
  [[nodiscard]] std::optional<bool> parse(std::type_identity<bool> /*type*/) const {
    return cell == "1" || cell == "0" ? std::optional(cell == "1") : std::nullopt;
  }
  [[nodiscard]] std::optional<double> parse(std::type_identity<double> /*type*/) const {
    std::optional<double> number;
    if (decimal_point == '.') {
      number = parse_number<double>(cell);
    } else {
      std::string with_point(cell);
      std::ranges::replace(with_point, decimal_point, '.');
      number = parse_number<double>(with_point);
    }
    return number && std::isfinite(*number) ? number : std::nullopt;
  }
  template <typename Whole>
  [[nodiscard]] std::optional<Whole> parse(std::type_identity<Whole> /*type*/) const {
    return parse_number<Whole>(cell);
  }
};

}  // namespace

std::string ledger_row(const RunSummary& run) {
  std::array<std::string, kLedgerColumnCount> cells;
  auto* cell = cells.begin();
  for (const LedgerField& field : ledger_fields()) {
    if (!field.column.empty()) {
      *cell++ = std::visit([&](auto member) { return CellText{field}(run.*member); }, field.member);
    }
  }
  return csv_record(cells);
}

Result<RunSummary> parse_ledger_row(std::span<const std::string_view> cells, char decimal_point) {
  if (cells.size() != kLedgerColumnCount) {
    return failure(
        fmt::format("{} fields where a ledger has {}", cells.size(), kLedgerColumnCount));
  }
  RunSummary run;
  const auto* cell = cells.data();
  for (const LedgerField& field : ledger_fields()) {
    if (field.column.empty()) {
      continue;
    }
    const CellReader read{field, *cell++, decimal_point};
    if (!std::visit([&](auto member) { return read(run.*member); }, field.member)) {
      return failure(fmt::format("{} cannot be \"{}\"", field.column, read.cell.substr(0, 60)));
    }
  }
  return run;
}

}  // namespace wemol
