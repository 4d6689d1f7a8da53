#include "hub_setup.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "process_clock.h"
#include "system_info.h"
#include "token_file.h"
#include "version.h"

namespace wemol::agent {

hub_client::HubAccess hub_access(const AgentOptions& options) {
  return {.url = *options.hub,
          .ca_file = options.hub_ca_file,
          .read_token =
              [file = options.hub_token_file] {
                return file.empty() ? Result<std::string>() : read_token(file);
              },
          .hostname = options.hub_hostname,
          .user_agent = std::string("wemol-agent/") + kVersion};
}

hub_client::HubReporter::Settings hub_settings(const AgentOptions& options, std::uint16_t port) {
  hub_client::HubReporter::Settings settings{.access = hub_access(options),
                                             .interval = options.interval,
                                             .kills = {options.hub_kill_users},
                                             .ip_address = host::address_to_others()};
  if (!options.listen.is_local()) {
    settings.metrics_port = port;
  }
  return settings;
}

std::optional<std::string> hub_fault(const AgentOptions& options) {
  constexpr std::chrono::seconds kForAllSteps{30};
  spdlog::set_level(spdlog::level::off);  // the finding says it
  boost::asio::io_context context(1);
  const ProcessClock clock;
  const hub_client::HubLink link(context, hub_access(options), {}, clock,
                                 [](const auto& /*request*/, const auto& /*reply*/) {});
  const SteadyTime due = clock.now() + kForAllSteps;
  while (!link.is_registered() && link.problem().empty() && clock.now() < due) {
    context.run_one_for(std::chrono::milliseconds(100));
    context.restart();
  }
  if (link.is_registered()) {
    return std::nullopt;
  }
  return link.problem().empty() ? "it does not answer" : link.problem();
}

}  // namespace wemol::agent
