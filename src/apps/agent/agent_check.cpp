#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent_program.h"
#include "files.h"
#include "hub_setup.h"
#include "listener.h"
#include "token_file.h"
#include "unix_socket.h"

namespace wemol::agent {
namespace {

struct Finding {
  bool good = false;
  std::string text;  ///< what was found and, when it is not good, what to do about it
};

Finding check_listening(const AgentOptions& options) {
  serve::ListenAddress address = options.listen;
  const auto fd = serve::listen_at(address);
  if (!fd) {
    // Most often the check is run beside the service.
    if (fd.error().code == EADDRINUSE &&
        serve::server_name_at(address).starts_with("wemol-agent/")) {
      return {true, fmt::format("an agent listens on {} already", address.text())};
    }
    return {false, fd.error().message};
  }
  if (address.is_unix()) {
    std::error_code ignored;
    std::filesystem::remove(address.path, ignored);
  }
  return {true, fmt::format("it can listen on {}", options.listen.text())};
}

Finding check_token(const AgentOptions& options) {
  const auto token = read_token(options.token_file);
  return token ? Finding{true, fmt::format("the token file {} has a token and is not open to all",
                                           options.token_file.string())}
               : Finding{false, token.error().message};
}

/// Without these there is not much to serve: /proc is not there, or shows too little.
Finding check_proc() {
  const SystemFileReader files;
  constexpr std::size_t kEnough = std::size_t{4} << 20;
  for (const char* const path : {"/proc/stat", "/proc/meminfo", "/proc/net/dev"}) {
    if (const auto text = files.read(path, kEnough); !text) {
      return {false, fmt::format("{}: the figures made of it will be null", text.error().message)};
    }
  }
  return {true, "/proc can be read"};
}

/// Processes of other users are missing where /proc is mounted with hidepid.
Finding check_processes(const AgentOptions& options) {
  if (SystemFileReader().read("/proc/1/stat", std::size_t{4} << 10)) {
    return {true, "processes of all users can be seen"};
  }
  return {options.processes == ProcessScope::none,
          "/proc hides the processes of other users (hidepid), so only the agent's own will be "
          "known: put its user into the group that the mount's option gid= names"};
}

Finding check_recorder(const AgentOptions& options) {
  const auto fd = connect_to_unix_socket(options.recorder_socket);
  return fd ? Finding{true,
                      fmt::format("the recorder publishes on {}", options.recorder_socket.string())}
            : Finding{false, fmt::format("the recorder's socket cannot be read, so tasks are "
                                         "unknown: {}: set publish in wemol-recorder's settings, "
                                         "and the agent's user needs the group of the socket; or "
                                         "switch it off with recorder-socket = \"\"",
                                         fd.error().message)};
}

Finding check_hub(const AgentOptions& options) {
  const auto fault = hub_fault(options);
  return fault ? Finding{false, "nothing gets to the hub: " + *fault}
               : Finding{true, fmt::format("the hub {} knows this host as {}", options.hub->text(),
                                           options.hub_hostname)};
}

}  // namespace

int run_agent_check(const AgentOptions& options) {
  std::vector<Finding> findings{check_listening(options), check_proc(), check_processes(options)};
  if (!options.token_file.empty()) {
    findings.push_back(check_token(options));
  }
  if (!options.recorder_socket.empty()) {
    findings.push_back(check_recorder(options));
  }
  if (options.hub) {
    findings.push_back(check_hub(options));
  }
  for (const Finding& finding : findings) {
    fmt::print("{} {}\n", finding.good ? "ok  " : "FAIL", finding.text);
  }
  return std::ranges::all_of(findings, &Finding::good) ? 0 : 1;
}

}  // namespace wemol::agent
