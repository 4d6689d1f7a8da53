#include "task_cells.h"

#include <algorithm>
#include <array>

#include "size_text.h"
#include "text.h"

namespace wemol::reading {
namespace {

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
  return {std::nullopt, is_unknown(cell)};
}

}  // namespace

bool is_unknown(std::string_view cell) {
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
  const auto bytes = take_size_bytes(text);
  if (bytes && text.empty()) {
    return {bytes};
  }
  return {std::nullopt, is_unknown(cell)};
}

BytesPair parse_bytes_pair(std::string_view cell) {
  constexpr std::string_view kBetween = " / ";
  std::string_view text = cell;
  const auto first = take_size_bytes(text);
  if (first && text.starts_with(kBetween)) {
    text.remove_prefix(kBetween.size());
    const auto second = take_size_bytes(text);
    if (second && text.empty()) {
      return {.first = {first}, .second = {second}};
    }
  }
  if (is_unknown(cell)) {
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
