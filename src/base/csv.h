#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wemol {

/// One CSV record with its line end (CRLF). A field is quoted only when it holds a comma, a quote,
/// CR or LF; quotes inside are doubled.
[[nodiscard]] std::string csv_record(std::span<const std::string> fields);
/// One of its fields.
void append_csv_field(std::string_view field, std::string& record);

/// Free text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, tab or
/// CR) gets a leading `'`.
[[nodiscard]] std::string guarded_against_formulas(std::string_view text);

[[nodiscard]] bool is_formula(std::string_view text);

/// Takes that `'` off again.
[[nodiscard]] std::string_view without_formula_guard(std::string_view text);

}  // namespace wemol

namespace wemol::reading {

/// Splits CSV text into records of a known number of fields, as RFC 4180 says: lines end in LF or
/// CRLF, a field in quotes may hold separators, line ends and doubled quotes.
///
/// A line that is no such record costs only itself: after a quote that nobody closes, since its
/// writer was cut off, splitting goes on with the very next line.
class CsvSplitter {
 public:
  enum class Outcome {
    record,    ///< fields() has it
    blank,     ///< an empty line
    bad_line,  ///< trouble() says why
    half       ///< the text ends before the record does
  };

  explicit CsvSplitter(std::size_t column_count);

  /// A comma until it is set.
  void set_separator(char separator) { separator_ = separator; }
  [[nodiscard]] char separator() const { return separator_; }

  /// Takes what is in front off `text`, and nothing when it is `half`. At the file's end
  /// (`is_last`) nothing is half: a last line without an end is a record when it has all fields.
  [[nodiscard]] Outcome next(std::string_view& text, bool is_last);

  /// Of the last record, quotes taken off. They live until the next call, as long as the text.
  [[nodiscard]] std::span<const std::string_view> fields() const { return fields_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// The line ends that the last call took.
  [[nodiscard]] std::uint64_t line_ends() const { return line_ends_; }

 private:
  enum class End { field, line, text, broken };

  [[nodiscard]] End take_plain_fields(const char*& at, const char* end);
  [[nodiscard]] End take_quoted_field(const char*& at, const char* end);
  [[nodiscard]] Outcome give_up_line(std::string_view& text, bool is_last);
  void keep(const char* begin, const char* end);

  char separator_ = ',';
  std::vector<std::string_view> fields_;
  std::vector<std::string> unquoted_;  ///< those that had doubled quotes
  std::size_t count_ = 0;
  std::uint64_t line_ends_ = 0;
  bool has_open_quote_ = false;
  std::string trouble_;
};

}  // namespace wemol::reading
