#include "task_cells.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text.h"

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
inline std::optional<double> take_number(std::string_view& text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  std::uint64_t digits = 0;
  for (; at != end && is_digit(*at); ++at) {
    digits = digits * 10 + static_cast<unsigned>(*at - '0');
  }
  std::size_t decimals = 0;
  if (at != begin && at != end && *at == '.') {
    const char* const first = ++at;
    for (; at != end && is_digit(*at); ++at) {
      digits = digits * 10 + static_cast<unsigned>(*at - '0');
    }
    decimals = static_cast<std::size_t>(at - first);
  }
  const bool has_exponent = at != end && (*at == 'e' || *at == 'E');
  const auto length = static_cast<std::size_t>(at - begin);
  if (length == 0 || length > kExactDigits || has_exponent) {
    return take_any_number(text);
  }
  text.remove_prefix(length);
  const auto number = static_cast<double>(digits);
  return decimals == 0 ? number : number / kPowersOfTen[decimals];
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

struct Unit {
  double bytes = 0;  ///< 0: it is no unit
  std::size_t length = 0;
};

/// The unit that the text begins with.
inline Unit unit_at(std::string_view text) {
  const auto has = [&](std::size_t at, char c) { return at < text.size() && text[at] == c; };
  const auto of_prefix = [&](double decimal, double binary) {
    if (has(1, 'B')) {
      return Unit{decimal, 2};
    }
    return has(1, 'i') && has(2, 'B') ? Unit{binary, 3} : Unit{};
  };
  switch (text.empty() ? '\0' : text.front()) {
    case 'B':
      return {1, 1};
    case 'k':
      return has(1, 'B') ? Unit{1e3, 2} : Unit{};
    case 'K':
      return has(1, 'i') && has(2, 'B') ? Unit{0x1p10, 3} : Unit{};
    case 'M':
      return of_prefix(1e6, 0x1p20);
    case 'G':
      return of_prefix(1e9, 0x1p30);
    case 'T':
      return of_prefix(1e12, 0x1p40);
    case 'P':
      return of_prefix(1e15, 0x1p50);
    case 'E':
      return of_prefix(1e18, 0x1p60);
    default:
      return {};
  }
}

/// Takes "975.7MiB" off the text.
inline std::optional<std::uint64_t> take_bytes(std::string_view& text) {
  const auto number = take_number(text);
  if (!number) {
    return std::nullopt;
  }
  if (text.starts_with(' ')) {  // "4.158 GB" of old versions
    text.remove_prefix(1);
  }
  const Unit unit = unit_at(text);
  const double bytes = *number * unit.bytes;
  text.remove_prefix(unit.length);
  if (unit.length == 0 || bytes >= 0x1p64) {
    return std::nullopt;
  }
  const auto whole = static_cast<std::uint64_t>(bytes);
  return whole + (bytes - static_cast<double>(whole) >= 0.5 ? 1U : 0U);
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
  const auto bytes = take_bytes(text);
  if (bytes && text.empty()) {
    return {bytes};
  }
  return {std::nullopt, is_not_known(cell)};
}

BytesPair parse_bytes_pair(std::string_view cell) {
  constexpr std::string_view kBetween = " / ";
  std::string_view text = cell;
  const auto first = take_bytes(text);
  if (first && text.starts_with(kBetween)) {
    text.remove_prefix(kBetween.size());
    const auto second = take_bytes(text);
    if (second && text.empty()) {
      return {.first = {first}, .second = {second}};
    }
  }
  if (is_not_known(cell)) {
    return {};
  }
  const std::size_t slash = cell.find('/');
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
