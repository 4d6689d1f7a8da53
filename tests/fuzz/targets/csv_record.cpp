#include "csv.h"
#include "fuzz_target.h"
#include "properties.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

/// The fields are separated by tabs in the input.
void check_csv_record(std::string_view input) {
  std::vector<std::string> fields;
  for (const std::string_view field : split_fields(input, '\t')) {
    fields.emplace_back(field);
  }
  require(parse_csv_record(csv_record(fields)) == fields, "a record reads as its fields");
  const std::string guarded = guarded_against_formulas(input);
  require(guarded.empty() || std::string_view("=+-@\t\r").find(guarded[0]) == std::string::npos,
          "guarded text is no formula");
  require(guarded.ends_with(input) && guarded.size() <= input.size() + 1,
          "guarded text is the text");
}

const Target csv_record_target("csv_record", check_csv_record);

}  // namespace
}  // namespace wemol::fuzz
