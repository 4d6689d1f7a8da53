#include "container_id.h"
#include "docker_commands.h"
#include "fuzz_target.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

void check_docker_inspect(std::string_view input) {
  const auto runs = docker::parse_inspect(input);
  require(runs.size() <= complete_lines(input).size(), "a line is one run at most");
  for (const auto& run : runs) {
    require(is_container_id(run.container_id), "a run is a container's");
    require(!run.is_running || (!run.finished_at && !run.exit_code),
            "a run that goes on has no end and no exit code");
  }
}

const Target docker_inspect_target("docker_inspect", check_docker_inspect);

}  // namespace
}  // namespace wemol::fuzz
