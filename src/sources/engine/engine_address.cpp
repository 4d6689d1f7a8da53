#include "engine_address.h"

#include <fmt/format.h>

#include "printable.h"

namespace wemol::engine {

Result<std::string> socket_path(std::string_view docker_host) {
  constexpr std::string_view kScheme = "unix://";
  if (docker_host.empty()) {
    return "/var/run/docker.sock";
  }
  if (!docker_host.starts_with(kScheme) || docker_host.size() == kScheme.size()) {
    return failure(
        fmt::format("the source native takes a DOCKER_HOST of the form unix:///path, not "
                    "\"{}\": it reads the kernel of this host",
                    printable(docker_host)));
  }
  return std::string(docker_host.substr(kScheme.size()));
}

}  // namespace wemol::engine
