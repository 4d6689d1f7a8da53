#include "docker_commands.h"
#include "fuzz_target.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

void check_docker_top(std::string_view input) {
  const auto pids = docker::parse_top(input);
  if (!pids) {
    return;
  }
  require(pids->size() <= complete_lines(input).size(), "a line has one process at most");
  for (const std::uint64_t pid : *pids) {
    require(input.find(std::to_string(pid)) != std::string_view::npos,
            "a process's number stands in the text");
  }
}

const Target docker_top_target("docker_top", check_docker_top);

}  // namespace
}  // namespace wemol::fuzz
