#include "task_cells.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "text_fields.h"

namespace wemol::reading {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A number that is no longer than a double holds exactly, and without exponent, is exact when it
/// is divided by a power of ten: the same value as from_chars gives, in a fraction of the time.
constexpr std::size_t kExactDigits = 15;
constexpr std::array<double, kExactDigits + 1> kPowersOfTen{
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

std::optional<double> take_any_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// Takes "12", "0.38", "1e+03" off the text.
std::optional<double> take_number(std::string_view& text) {
  std::uint64_t digits = 0;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    digits = digits * 10 + static_cast<unsigned>(text[at++] - '0');
  }
  std::size_t decimals = 0;
  if (at > 0 && at < text.size() && text[at] == '.') {
    const std::size_t point = at++;
    while (at < text.size() && is_digit(text[at])) {
      digits = digits * 10 + static_cast<unsigned>(text[at++] - '0');
    }
    decimals = at - point - 1;
  }
  const bool has_exponent = at < text.size() && (text[at] == 'e' || text[at] == 'E');
  if (at == 0 || at > kExactDigits || has_exponent) {
    return take_any_number(text);
  }
  text.remove_prefix(at);
  return static_cast<double>(digits) / kPowersOfTen[decimals];
}

/// The number in front of one of the units, or of none.
Cell<double> parse_quantity(std::string_view cell, std::string_view unit,
                            std::string_view other_unit) {
  std::string_view text = cell;
  const auto value = take_number(text);
  if (value && (text == unit || text.empty())) {
    return {value};
  }
  const std::string_view behind = trimmed(text);
  if (value && (behind == unit || behind == other_unit || behind.empty())) {
    return {value};
  }
  return {std::nullopt, is_not_known(cell)};
}

/// 0 when it is no unit.
double unit_bytes(std::string_view unit) {
  constexpr std::string_view kPrefixes = "kMGTPE";
  constexpr std::array kDecimal{1e3, 1e6, 1e9, 1e12, 1e15, 1e18};
  constexpr std::array kBinary{0x1p10, 0x1p20, 0x1p30, 0x1p40, 0x1p50, 0x1p60};
  if (unit == "B") {
    return 1;
  }
  if (unit.size() == 2 && unit[1] == 'B') {
    const std::size_t prefix = kPrefixes.find(unit[0]);
    return prefix == std::string_view::npos ? 0 : kDecimal[prefix];
  }
  if (unit.size() == 3 && unit.ends_with("iB")) {
    const std::size_t prefix = unit[0] == 'K' ? 0 : kPrefixes.find(unit[0], 1);
    return prefix == std::string_view::npos ? 0 : kBinary[prefix];
  }
  return 0;
}

}  // namespace

bool is_not_known(std::string_view cell) {
  constexpr std::array<std::string_view, 9> kWords{"",  "N/A", "--", "Unknown", "None",
                                                   "%", "MB",  "W",  "nan"};
  const std::string_view text = trimmed(cell);
  return text.starts_with('[') || text.starts_with("N/A") ||
         std::ranges::find(kWords, text) != kWords.end();
}

Cell<double> parse_percent(std::string_view cell) {
  return parse_quantity(cell, "%", "%");
}

Cell<double> parse_gpu_mebibytes(std::string_view cell) {
  return parse_quantity(cell, "MB", "MiB");
}

Cell<double> parse_watts(std::string_view cell) {
  return parse_quantity(cell, "W", "W");
}

Cell<std::uint64_t> parse_bytes(std::string_view cell) {
  std::string_view text = trimmed(cell);
  if (const auto value = take_number(text)) {
    const double bytes = std::round(*value * unit_bytes(trimmed(text)));
    if (unit_bytes(trimmed(text)) > 0 && bytes < 0x1p64) {
      return {static_cast<std::uint64_t>(bytes)};
    }
  }
  return {std::nullopt, is_not_known(cell)};
}

BytesPair parse_bytes_pair(std::string_view cell) {
  const std::size_t slash = cell.find('/');
  if (is_not_known(cell)) {
    return {};
  }
  if (slash == std::string_view::npos) {
    return {.first = {std::nullopt, false}, .second = {}};
  }
  return {parse_bytes(cell.substr(0, slash)), parse_bytes(cell.substr(slash + 1))};
}

bool split_list(std::string_view cell, std::span<std::string_view> items) {
  if (items.size() == 1) {
    items[0] = cell;
    return true;
  }
  const auto parts = static_cast<std::size_t>(std::ranges::count(cell, ',')) + 1;
  if (items.empty() || parts % items.size() != 0) {
    return false;
  }
  for (std::string_view& item : items) {
    std::size_t end = 0;
    for (std::size_t part = 0; part < parts / items.size(); ++part) {
      end = std::min(cell.find(',', end + (part == 0 ? 0 : 1)), cell.size());
    }
    item = cell.substr(0, end);
    cell.remove_prefix(std::min(end + 1, cell.size()));
  }
  return true;
}

}  // namespace wemol::reading
