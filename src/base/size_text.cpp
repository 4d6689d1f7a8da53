#include "size_text.h"

#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "text.h"

namespace wemol {
namespace {

constexpr std::array kBinaryUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr std::array kDecimalUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};

/// `number_format` as fmt takes it, for the number and its unit.
template <typename Format, std::size_t Count>
void append_size(const std::optional<std::uint64_t>& bytes, double base,
                 const Format& number_format, const std::array<const char*, Count>& units,
                 std::string& text) {
  if (!bytes) {
    text += "--";
    return;
  }
  auto value = static_cast<double>(*bytes);
  std::size_t unit = 0;
  while (value >= base && unit + 1 < units.size()) {
    value /= base;
    ++unit;
  }
  fmt::format_to(std::back_inserter(text), number_format, value, units[unit]);
}

}  // namespace

void append_binary_size(const std::optional<std::uint64_t>& bytes, std::string& text) {
  append_size(bytes, 1024, FMT_COMPILE("{:.4g}{}"), kBinaryUnits, text);
}

void append_decimal_size(const std::optional<std::uint64_t>& bytes, std::string& text) {
  append_size(bytes, 1000, FMT_COMPILE("{:.3g}{}"), kDecimalUnits, text);
}

std::string binary_size_text(const std::optional<std::uint64_t>& bytes) {
  std::string text;
  append_binary_size(bytes, text);
  return text;
}

std::string decimal_size_text(const std::optional<std::uint64_t>& bytes) {
  std::string text;
  append_decimal_size(bytes, text);
  return text;
}

std::optional<std::uint64_t> parse_size_bytes(std::string_view text) {
  const auto bytes = take_size_bytes(text);
  return bytes && trimmed(text).empty() ? bytes : std::nullopt;
}

std::optional<double> detail::take_any_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace wemol
