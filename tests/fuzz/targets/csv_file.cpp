#include "csv_file.h"

#include "fuzz_target.h"
#include "task_row.h"
#include "task_schema.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::fuzz {
namespace {

constexpr std::string_view kRow = "1,2,3\r\n";

/// A row goes into a file that holds `before` already, or into another one beside it.
void check_existing_file(const std::string& before) {
  static const test::TempDir folder;
  const std::filesystem::path own = folder / "7.csv";
  const std::filesystem::path other = folder / "7-2.csv";
  test::write_text(own, before);
  CsvFile file(folder.path(), "7", task_csv_header());
  require(file.append(kRow).has_value(), "a row can be appended");
  const std::string after = test::read_text(own);
  require(after.starts_with(before), "what was there is not changed");
  if (std::filesystem::exists(other)) {
    require(after == before, "another program's file is left alone");
    require(test::read_text(other) == task_csv_header() + std::string(kRow),
            "the row has a file of its own");
    std::filesystem::remove(other);
    return;
  }
  const std::string_view rest = std::string_view(after).substr(0, after.size() - kRow.size());
  require(after.ends_with(kRow) && rest.ends_with('\n'), "the row has a line of its own");
  require(after.find("task_id,job_id") <= 3, "the header comes first");
}

void check_csv_file(std::string_view input) {
  std::string_view header = task_csv_header();
  header.remove_suffix(2);
  check_existing_file(std::string(input));
  check_existing_file(std::string(header).append(input));
}

const Target csv_file_target("csv_file", check_csv_file);

}  // namespace
}  // namespace wemol::fuzz
