#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wemol {

/// Sizes as docker prints them (docker/go-units size.go): memory in powers of 1024 with four
/// digits, I/O in powers of 1000 with three. Absent: "--".
[[nodiscard]] std::string binary_size_text(const std::optional<std::uint64_t>& bytes);
[[nodiscard]] std::string decimal_size_text(const std::optional<std::uint64_t>& bytes);
void append_binary_size(const std::optional<std::uint64_t>& bytes, std::string& text);
void append_decimal_size(const std::optional<std::uint64_t>& bytes, std::string& text);

/// The size that `text` is, as a whole: "975.7MiB", "1e+03kB", "4.158 GB" of old versions. KiB is
/// 1024, kB is 1000 bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_size_bytes(std::string_view text);

namespace detail {

/// A number that is no longer than a double holds exactly, and without exponent, is exact when it
/// is divided by a power of ten: the same value as from_chars gives, in a fraction of the time.
inline constexpr std::size_t kExactDigits = 15;
inline constexpr std::array<double, kExactDigits + 1> kPowersOfTen{
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

[[nodiscard]] std::optional<double> take_any_number(std::string_view& text);

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct SizeUnit {
  double bytes = 0;  ///< 0: it is no unit
  std::size_t length = 0;
};

/// The unit that the text begins with.
[[nodiscard]] inline SizeUnit size_unit_at(std::string_view text) {
  const auto has = [&](std::size_t at, char c) { return at < text.size() && text[at] == c; };
  const auto of_prefix = [&](double decimal, double binary) {
    if (has(1, 'B')) {
      return SizeUnit{decimal, 2};
    }
    return has(1, 'i') && has(2, 'B') ? SizeUnit{binary, 3} : SizeUnit{};
  };
  switch (text.empty() ? '\0' : text.front()) {
    case 'B':
      return {1, 1};
    case 'k':
      return has(1, 'B') ? SizeUnit{1e3, 2} : SizeUnit{};
    case 'K':
      return has(1, 'i') && has(2, 'B') ? SizeUnit{0x1p10, 3} : SizeUnit{};
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

}  // namespace detail

// Inline, for the report reads hundreds of millions of them.

/// Takes "12", "0.38", "1e+03" off the text. Nothing for what is negative or not finite.
[[nodiscard]] inline std::optional<double> take_number(std::string_view& text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  std::uint64_t digits = 0;
  for (; at != end && detail::is_digit(*at); ++at) {
    digits = digits * 10 + static_cast<unsigned>(*at - '0');
  }
  std::size_t decimals = 0;
  if (at != begin && at != end && *at == '.') {
    const char* const first = ++at;
    for (; at != end && detail::is_digit(*at); ++at) {
      digits = digits * 10 + static_cast<unsigned>(*at - '0');
    }
    decimals = static_cast<std::size_t>(at - first);
  }
  const bool has_exponent = at != end && (*at == 'e' || *at == 'E');
  const auto length = static_cast<std::size_t>(at - begin);
  if (length == 0 || length > detail::kExactDigits || has_exponent) {
    return detail::take_any_number(text);
  }
  text.remove_prefix(length);
  const auto number = static_cast<double>(digits);
  return decimals == 0 ? number : number / detail::kPowersOfTen[decimals];
}

/// Takes a size off the text.
[[nodiscard]] inline std::optional<std::uint64_t> take_size_bytes(std::string_view& text) {
  const auto number = take_number(text);
  if (!number) {
    return std::nullopt;
  }
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  const detail::SizeUnit unit = detail::size_unit_at(text);
  const double bytes = *number * unit.bytes;
  text.remove_prefix(unit.length);
  if (unit.length == 0 || bytes >= 0x1p64) {
    return std::nullopt;
  }
  const auto whole = static_cast<std::uint64_t>(bytes);
  return whole + (bytes - static_cast<double>(whole) >= 0.5 ? 1U : 0U);
}

}  // namespace wemol
