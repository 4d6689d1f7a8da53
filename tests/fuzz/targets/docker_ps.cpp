#include "container_id.h"
#include "docker_commands.h"
#include "fuzz_target.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

void check_docker_ps(std::string_view input) {
  const auto output = docker::parse_ps(input);
  for (const auto& container : output.containers) {
    require(is_container_id(container.id), "a container's id has 64 hexadecimal digits");
    require(!container.name.empty(), "a container has a name");
    require(container.name.find_first_of("\t\n") == std::string::npos,
            "a container's name is one field");
  }
  require(output.containers.size() + output.messages.size() ==
              complete_lines(input).size() + (half_line(input).empty() ? 0U : 1U),
          "every line, also the half one, is a container or a message");
}

const Target docker_ps_target("docker_ps", check_docker_ps);

}  // namespace
}  // namespace wemol::fuzz
