#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "card_holder_reader.h"
#include "command_line.h"
#include "device_settings.h"
#include "hub_url.h"
#include "listen_address.h"
#include "sampler_thread.h"

namespace wemol::agent {

/// What the agent is told to do, checked and complete.
struct AgentOptions {
  serve::ListenAddress listen;
  std::filesystem::path portfile;  ///< empty: none
  pid_t parent_pid = 0;            ///< 0: none
  std::string node_id;
  std::filesystem::path token_file;  ///< empty: none, so only this host may ask
  std::vector<std::string> origins;  ///< whose pages may read the answers
  std::filesystem::path recorder_socket = "/run/wemol-recorder/snapshots.sock";  ///< empty: none
  ProcessScope processes = ProcessScope::gpu;
  std::filesystem::path queue_lock_folder = kQueueLockFolder;  ///< empty: jobs are not asked for
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  std::optional<hub_client::HubUrl> hub;    ///< where samples are reported; absent: nowhere
  std::filesystem::path hub_token_file;     ///< what this host brings along there; empty: nothing
  std::filesystem::path hub_ca_file;        ///< empty: the system's certificates
  std::string hub_hostname;                 ///< under which the hub knows this host
  std::vector<std::string> hub_kill_users;  ///< whose processes the hub may end
  DeviceHistorySettings device_history;     ///< an empty folder: none is kept
  bool verbose = false;
  bool check = false;
};

/// Reads flags, environment (WEMOL_AGENT_INTERVAL, …) and the TOML file of --config. A flag beats
/// the environment, which beats the file, which beats the default.
[[nodiscard]] tl::expected<AgentOptions, EarlyExit> parse_agent_options(int argc,
                                                                        const char* const* argv);

}  // namespace wemol::agent
