#include "csv_record.h"

namespace wemol {
namespace {

constexpr std::size_t kUsualLength = 512;

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
  constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  const bool is_formula =
      !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
  return (is_formula ? "'" : "") + std::string(text);
}

}  // namespace wemol
