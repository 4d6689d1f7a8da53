#include "docker_stats.h"
#include "fuzz_target.h"
#include "size_text.h"
#include "task_row.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

/// Against the parser of docker's answers, which is another one.
void check_bytes(std::string_view cell) {
  const auto read = reading::parse_bytes(cell);
  require(read.is_readable || !read.value, "what is not readable has no value");
  const auto expected = parse_size_bytes(trimmed(cell));
  const bool has_blanks = cell.find_first_of(" \t") != std::string_view::npos;
  require(!read.value || read.value == expected, "a size is that which docker means");
  require(has_blanks || read.value == expected, "every size that docker prints is read");
}

void check_percent(std::string_view cell) {
  const auto read = reading::parse_percent(cell);
  require(read.is_readable || !read.value, "what is not readable has no value");
  const bool has_unit = cell.ends_with('%');
  const auto expected = parse_number<double>(cell.substr(0, cell.size() - (has_unit ? 1 : 0)));
  if (read.value && expected) {
    require(*read.value == *expected, "a number is the nearest one");
  }
}

void check_list_cell(std::string_view cell) {
  for (std::size_t count = 1; count < 5; ++count) {
    std::vector<std::string_view> items(count);
    if (!reading::split_list(cell, items)) {
      continue;
    }
    std::string joined;
    for (const std::string_view item : items) {
      joined += std::string(item) + ",";
    }
    joined.pop_back();
    require(joined == cell, "the items are the list");
  }
}

void check_task_cells(std::string_view input) {
  check_bytes(input);
  check_percent(input);
  check_list_cell(input);
  const auto pair = reading::parse_bytes_pair(input);
  if (const std::size_t slash = input.find('/');
      slash != std::string_view::npos && pair.first.value && pair.second.value) {
    require(pair.first.value == reading::parse_bytes(input.substr(0, slash)).value &&
                pair.second.value == reading::parse_bytes(input.substr(slash + 1)).value,
            "a pair is its two sizes");
  }
}

const Target task_cells_target("task_cells", check_task_cells);

}  // namespace
}  // namespace wemol::fuzz
