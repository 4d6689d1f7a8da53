#include "csv_record.h"

namespace wemol {
namespace {

constexpr std::size_t kUsualLength = 512;
constexpr std::string_view kFormulaStarts = "=+-@\t\r";

bool is_formula(std::string_view text) {
  return !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
}

void append_field(std::string_view field, std::string& record) {
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

}  // namespace

std::string csv_record(std::span<const std::string> fields) {
  std::string record;
  record.reserve(kUsualLength);
  for (const std::string& field : fields) {
    if (&field != fields.data()) {
      record += ',';
    }
    append_field(field, record);
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
