#include "agent_options.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "device_history_options.h"
#include "host_name.h"
#include "hub_report.h"
#include "text.h"
#include "toml_config.h"
#include "version.h"

namespace wemol::agent {
namespace {

constexpr const char* kEnvironmentPrefix = "WEMOL_AGENT_";
constexpr const char* kDefaultNode = "localhost";

/// The options that together say where to listen.
struct Listening {
  std::optional<serve::ListenAddress> address;
  std::uint16_t port = 8080;
  bool only_localhost = false;
};

std::optional<ProcessScope> parse_scope(const std::string& text) {
  if (text == "all") {
    return ProcessScope::all;
  }
  if (text == "gpu") {
    return ProcessScope::gpu;
  }
  return text == "none" ? std::optional(ProcessScope::none) : std::nullopt;
}

std::optional<pid_t> parse_pid(const std::string& text) {
  const auto pid = parse_number<pid_t>(text);
  return pid && *pid >= 0 ? pid : std::nullopt;
}

std::optional<std::string> parse_node_id(const std::string& text) {
  constexpr std::size_t kLongest = 255;
  return text.size() <= kLongest && printable(text) == text ? std::optional(text) : std::nullopt;
}

/// As browsers send it: "https://status.example.org:8443", without a path.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) {
      const std::string_view host = text.substr(scheme.size());
      constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]";
      return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
    }
  }
  return false;
}

std::optional<std::vector<std::string>> parse_origins(const std::string& text) {
  std::vector<std::string> origins;
  for (const std::string_view part : split_fields(text, ',')) {
    const std::string_view origin = trimmed(part);
    if (origin.empty() && trimmed(text).empty()) {
      return origins;
    }
    if (!is_origin(origin)) {
      return std::nullopt;
    }
    origins.emplace_back(origin);
  }
  return origins;
}

/// "lin, maria": the names of users, as `ls -l` has them.
std::optional<std::vector<std::string>> parse_users(const std::string& text) {
  std::vector<std::string> users;
  for (const std::string_view part : split_fields(text, ',')) {
    const std::string_view user = trimmed(part);
    if (user.empty() && trimmed(text).empty()) {
      return users;
    }
    constexpr std::size_t kLongest = 256;
    if (user.empty() || user.size() > kLongest || printable(user) != user ||
        user.find(' ') != std::string_view::npos) {
      return std::nullopt;
    }
    users.emplace_back(user);
  }
  return users;
}

std::optional<std::string> parse_hub_hostname(const std::string& text) {
  return text.empty() || hub_client::reported_host_name(text) == text ? std::optional(text)
                                                                      : std::nullopt;
}

/// An empty value is as good as none.
OptionTable::Accept storing_path(std::filesystem::path& target) {
  return [&target](const std::string& text) {
    target = text;
    return true;
  };
}

void add_listening(OptionTable& table, Listening& listening) {
  table.add("listen", "ADDR", "",
            "Where to listen: ADDR:PORT, [V6]:PORT or unix:PATH; default 127.0.0.1 and "
            "--rest-api-port",
            "ADDR:PORT, [V6]:PORT or unix:PATH", [&](const std::string& text) {
              if (text.empty()) {
                return true;
              }
              auto address = serve::parse_listen_address(text);
              if (address) {
                listening.address = std::move(*address);
              }
              return address.has_value();
            });
  table.add("rest-api-port", "PORT", "8080", "The port where --listen names none; 0: any free one",
            "a port from 0 to 65535",
            storing([](const std::string& text) { return parse_number<std::uint16_t>(text); },
                    listening.port));
  table.add_switch("listen-on-localhost",
                   "Listen on 127.0.0.1 and --rest-api-port, whatever --listen says",
                   listening.only_localhost);
}

void add_hub(OptionTable& table, AgentOptions& options) {
  table.add(
      "hub", "URL", "",
      "The wemol-hub that gets this host's samples: https://HOST[:PORT][/PATH]; none by default",
      "http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH]",
      [&options](const std::string& text) {
        if (text.empty()) {
          return true;
        }
        auto url = hub_client::parse_hub_url(text);
        if (url) {
          options.hub = std::move(*url);
        }
        return url.has_value();
      });
  table.add("hub-token-file", "FILE", "",
            "With the token that `wemol-hub enroll` has printed for this host", "a file",
            storing_path(options.hub_token_file));
  table.add("hub-ca", "FILE", "",
            "Certificates (PEM) that the hub's has to be signed by; default the system's", "a file",
            storing_path(options.hub_ca_file));
  table.add("hub-hostname", "NAME", "", "The name that this host has there; default its hostname",
            "letters, digits, '.', '-' and '_', 253 at most",
            storing(parse_hub_hostname, options.hub_hostname));
  table.add("hub-kill-users", "USERS", "",
            "Users whose processes may be ended from the hub, several with commas; none by default",
            "names of users, several with commas", storing(parse_users, options.hub_kill_users));
}

void add_options(OptionTable& table, AgentOptions& options, Listening& listening) {
  add_listening(table, listening);
  table.add("portfile", "FILE", "",
            "Where to write what was opened: sock=<port> or unix=<path>; removed at the end",
            "a file", storing_path(options.portfile));
  table.add("parent-pid", "PID", "0", "End when this process has ended; 0: none",
            "the pid of a process, or 0", storing(parse_pid, options.parent_pid));
  table.add("node-id", "ID", "",
            "The node's name in the records; default SLURM_NODEID or localhost",
            "up to 255 printable characters", storing(parse_node_id, options.node_id));
  table.add("token-file", "FILE", "",
            "Whose content every request has to bring along (Authorization: Bearer); needed where "
            "other hosts can ask",
            "a file", storing_path(options.token_file));
  table.add("allow-origin", "ORIGINS", "",
            "Web pages that may read the answers: https://HOST[:PORT], several with commas",
            "origins such as https://status.example.org", storing(parse_origins, options.origins));
  table.add("recorder-socket", "PATH", "/run/wemol-recorder/snapshots.sock",
            "Where wemol-recorder publishes its tasks; an empty value: nowhere", "a path",
            storing_path(options.recorder_socket));
  table.add("processes", "SCOPE", "gpu",
            "Which processes are sampled: all, gpu (those on GPUs) or none", "all, gpu or none",
            storing(parse_scope, options.processes));
  table.add("queue-lock-dir", "DIR", kQueueLockFolder,
            "Where wemol-queue says which job holds a GPU; an empty value: it is not read",
            "a folder", storing_path(options.queue_lock_folder));
  table.add("interval", "SECONDS", "2",
            "Distance between samples, 0.1 to 86400; 1 s at most while a WebSocket client is there",
            "seconds from 0.1 to 86400", storing(parse_seconds, options.interval));
  add_hub(table, options);
  add_device_history(table,
                     "Where to keep device history, for wemol-report daily; none: nowhere; default "
                     "the service's state folder",
                     options.device_history);
  table.add_switch("verbose", "Log each request", options.verbose);
}

/// Where systemd gives the service a folder, it is kept by default.
void resolve_device_history(std::filesystem::path& folder) {
  if (folder == "none") {
    folder.clear();
  } else if (folder.empty()) {
    const char* const state = std::getenv("STATE_DIRECTORY");
    const std::string_view folders = state == nullptr ? "" : state;
    folder = folders.substr(0, folders.find(':'));
  }
}

std::string default_hub_hostname() {
  std::string reported = hub_client::reported_host_name(host_name());
  return reported.empty() ? kDefaultNode : reported;
}

serve::ListenAddress resolved(const Listening& listening) {
  if (listening.address && !listening.only_localhost) {
    return *listening.address;
  }
  return {.host = "127.0.0.1", .port = listening.port};
}

std::string default_node() {
  const char* const slurm = std::getenv("SLURM_NODEID");
  const auto node = slurm == nullptr ? std::nullopt : parse_node_id(slurm);
  return node && !node->empty() ? *node : kDefaultNode;
}

}  // namespace

tl::expected<AgentOptions, EarlyExit> parse_agent_options(int argc, const char* const* argv) {
  AgentOptions options;
  Listening listening;
  CLI::App app("Serves what this host uses: CPU, memory, disks, network, GPUs, tasks.",
               "wemol-agent");
  OptionTable table(app, kEnvironmentPrefix);
  add_options(table, options, listening);
  add_common_options(app, kEnvironmentPrefix, kVersion, options.check);
  app.config_formatter(std::make_shared<TomlConfig>(app, has_environment_value));
  if (auto early_exit = parse_command_line(app, argc, argv)) {
    return tl::make_unexpected(std::move(*early_exit));
  }
  options.listen = resolved(listening);
  resolve_device_history(options.device_history.folder);
  if (options.node_id.empty()) {
    options.node_id = default_node();
  }
  if (options.hub_hostname.empty()) {
    options.hub_hostname = default_hub_hostname();
  }
  if (!options.listen.is_local() && options.token_file.empty()) {
    return tl::make_unexpected(EarlyExit{
        kUsageError,
        fmt::format("--listen: other hosts can reach {}, so it needs --token-file FILE: put a "
                    "secret of 16 or more characters into FILE",
                    options.listen.text())});
  }
  return options;
}

}  // namespace wemol::agent
