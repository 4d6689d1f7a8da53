#include "csv.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace wemol {
namespace {

constexpr std::size_t kUsualLength = 512;
constexpr std::string_view kFormulaStarts = "=+-@\t\r";

}  // namespace

bool is_formula(std::string_view text) {
  return !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
}

void append_csv_field(std::string_view field, std::string& record) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    record += field;
    return;
  }
  record += '"';
  for (const char c : field) {
    record.append(c == '"' ? 2 : 1, c);
  }
  record += '"';
}

std::string csv_record(std::span<const std::string> fields) {
  std::string record;
  record.reserve(kUsualLength);
  for (const std::string& field : fields) {
    if (&field != fields.data()) {
      record += ',';
    }
    append_csv_field(field, record);
  }
  record += "\r\n";
  return record;
}

std::string guarded_against_formulas(std::string_view text) {
  return (is_formula(text) ? "'" : "") + std::string(text);
}

std::string_view without_formula_guard(std::string_view text) {
  const bool is_guarded = text.starts_with('\'') && is_formula(text.substr(1));
  return is_guarded ? text.substr(1) : text;
}

}  // namespace wemol

namespace wemol::reading {
namespace {

static_assert(std::endian::native == std::endian::little);  // the first byte is the lowest

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kLowBits = 0x7F * kOnes;

/// The highest bit of each byte of `word` that is `wanted`.
constexpr std::uint64_t bytes_that_are(std::uint64_t word, char wanted) {
  const std::uint64_t rest = word ^ (kOnes * static_cast<unsigned char>(wanted));
  return ~(((rest & kLowBits) + kLowBits) | rest | kLowBits);
}

const char* find(const char* at, const char* end, char wanted) {
  const void* const found = std::memchr(at, wanted, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

CsvSplitter::CsvSplitter(std::size_t column_count)
    : fields_(column_count), unquoted_(column_count) {}

void CsvSplitter::keep(const char* begin, const char* end) {
  if (count_ < fields_.size()) {
    fields_[count_] = {begin, static_cast<std::size_t>(end - begin)};
  }
  ++count_;
}

/// Takes fields with the separators behind them, eight bytes at a time, up to the end of the line
/// or to a field in quotes (`End::field`).
CsvSplitter::End CsvSplitter::take_plain_fields(const char*& at, const char* end) {
  const char* begin = at;
  const auto keep_last = [&](const char* stop) {
    keep(begin, stop > begin && stop[-1] == '\r' ? stop - 1 : stop);
  };
  const char* next = at;
  const char separator = separator_;
  for (; end - next >= 8; next += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, next, sizeof word);
    std::uint64_t found = bytes_that_are(word, separator) | bytes_that_are(word, '\n');
    for (; found != 0; found &= found - 1) {
      const char* const stop = next + std::countr_zero(found) / 8;
      at = stop + 1;
      if (*stop == '\n') {
        keep_last(stop);
        return End::line;
      }
      keep(begin, stop);
      begin = at;
      if (at != end && *at == '"') {
        return End::field;
      }
    }
  }
  for (; next != end; ++next) {
    if (*next == '\n') {
      keep_last(next);
      at = next + 1;
      return End::line;
    }
    if (*next == separator) {
      keep(begin, next);
      begin = next + 1;
      at = begin;
      if (at != end && *at == '"') {
        return End::field;
      }
    }
  }
  keep_last(end);
  at = end;
  return End::text;
}

CsvSplitter::End CsvSplitter::take_quoted_field(const char*& at, const char* end) {
  const char* const begin = ++at;
  const char* stop = find(at, end, '"');
  bool has_doubled = false;
  while (stop != end && stop + 1 != end && stop[1] == '"') {
    has_doubled = true;
    stop = find(stop + 2, end, '"');
  }
  at = stop;
  if (stop == end) {
    has_open_quote_ = true;
    return End::text;
  }
  line_ends_ += static_cast<std::uint64_t>(std::count(begin, stop, '\n'));
  keep(begin, stop);
  if (has_doubled && count_ <= fields_.size()) {
    std::string& text = unquoted_[count_ - 1];
    text.clear();
    for (const char* from = begin; from != stop; from += *from == '"' ? 2 : 1) {
      text += *from;
    }
    fields_[count_ - 1] = text;
  }
  at = stop + 1;
  if (at != end && *at == separator_) {
    ++at;
    return End::field;
  }
  if (at != end && *at == '\r') {
    ++at;
  }
  if (at == end) {
    return End::text;
  }
  return *at++ == '\n' ? End::line : End::broken;
}

CsvSplitter::Outcome CsvSplitter::give_up_line(std::string_view& text, bool is_last) {
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos && !is_last) {
    return Outcome::half;
  }
  line_ends_ = line_end == std::string_view::npos ? 0 : 1;
  text.remove_prefix(std::min(line_end, text.size() - 1) + 1);
  return Outcome::bad_line;
}

CsvSplitter::Outcome CsvSplitter::next(std::string_view& text, bool is_last) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.empty()) {
    return Outcome::half;
  }
  count_ = 0;
  line_ends_ = 0;
  has_open_quote_ = false;
  End field_end = End::field;
  while (field_end == End::field) {
    field_end = at != end && *at == '"' ? take_quoted_field(at, end) : take_plain_fields(at, end);
  }
  if (field_end == End::text && !is_last) {
    return Outcome::half;
  }
  if (has_open_quote_ || field_end == End::broken) {
    trouble_ = has_open_quote_ ? "a quote that is not closed" : "text behind a closing quote";
    return give_up_line(text, is_last);
  }
  const bool is_blank = count_ == 1 && fields_[0].empty() && *text.data() != '"';
  if (count_ != fields_.size() && !is_blank) {
    trouble_ = fmt::format("{} instead of {} fields", count_, fields_.size());
    return give_up_line(text, is_last);
  }
  line_ends_ += field_end == End::line ? 1 : 0;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return is_blank ? Outcome::blank : Outcome::record;
}

}  // namespace wemol::reading
