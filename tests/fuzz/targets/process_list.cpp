#include <string>

#include "fuzz_target.h"
#include "process_attributor.h"
#include "process_files.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_stat(std::string_view input) {
  if (const auto stat = parse_process_stat(input)) {
    require(start_ticks_in(input) == stat->start_ticks, "both readers find the same start");
  }
  std::string text = "4711 (";
  text += input;
  text += ") S 17 4711 4711 0 -1 2097152 1 2 3 4 50 6 7 8 20 0 9 0 123456 8192 11 0\n";
  const auto stat = parse_process_stat(text);
  require(stat && stat->name == input, "anything may stand in a name");
  require(stat->parent_pid == 17 && stat->cpu_ticks == 56 && stat->threads == 9 &&
              stat->start_ticks == 123456 && stat->resident_pages == 11 && stat->is_kernel_thread,
          "no name hides a field");
}

const Target process_list_target("process_list", [](std::string_view input) {
  check_stat(input);
  const std::string line = command_line_text(input);
  require(is_clean_line(line), "a command line is a line");
  require(line.size() <= kCommandLineBytes + 3, "a command line has an end");
});

}  // namespace
}  // namespace wemol::fuzz
