#include <string>

#include "container_id.h"
#include "fuzz_target.h"
#include "process_attributor.h"

namespace wemol::fuzz {
namespace {

/// /proc/<pid>/cgroup
void check_container(std::string_view input) {
  const auto is_any = [](std::string_view id) {
    require(is_container_id(id), "only ids are asked for");
    return true;
  };
  const auto is_one = [](std::string_view id) { return id.front() == 'a'; };
  const auto any = container_in_cgroup(input, is_any);
  const auto one = container_in_cgroup(input, is_one);
  require(!any || input.find(*any) != std::string_view::npos, "the id stands in the text");
  require(!one || (any && one->front() == 'a'), "only a known container is found");
  require(!container_in_cgroup(input, [](std::string_view) { return false; }),
          "where none is known there is none");
}

/// /proc/<pid>/stat: in the program's name anything may stand.
void check_start_ticks(std::string_view input) {
  (void)start_ticks_in(input);
  std::string stat = "4711 (";
  stat += input;
  stat +=
      ") S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 8192 1 18446744073709551615";
  require(start_ticks_in(stat) == 123456U, "no program's name hides the start time");
}

const Target process_text_target("process_text", [](std::string_view input) {
  check_container(input);
  check_start_ticks(input);
});

}  // namespace
}  // namespace wemol::fuzz
