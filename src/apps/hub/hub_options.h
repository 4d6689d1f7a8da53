#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "alert_rule.h"
#include "command_line.h"
#include "listen_address.h"
#include "network.h"

namespace wemol::hub {

enum class HubCommand { serve, enroll, hosts, remove, set_password };
enum class HistoryKind { sqlite, prometheus };

/// What the hub is told to do, checked and complete.
struct HubOptions {
  HubCommand command = HubCommand::serve;
  std::string subject;  ///< of the command: a host or a user

  serve::ListenAddress listen{.host = "127.0.0.1", .port = 7864};
  std::filesystem::path state_dir = "/var/lib/wemol-hub";
  std::filesystem::path tls_cert;  ///< empty: no TLS
  std::filesystem::path tls_key;
  serve::Networks legacy;  ///< whose reports need no token
  bool read_only_public = false;

  serve::Networks proxies;
  std::string base_path;             ///< "/gpu"; empty: "/"
  std::vector<std::string> names;    ///< under which it is asked, beside the local ones
  std::vector<std::string> origins;  ///< whose pages may read the answers

  HistoryKind history = HistoryKind::sqlite;
  std::string prometheus_url;
  std::chrono::nanoseconds scrape_interval = std::chrono::seconds(15);
  std::array<double, 3> keep_days{1, 14, 400};  ///< steps of 10 s, 1 min, 10 min
  double history_gib = 16;
  std::filesystem::path record_dir;  ///< what wemol-recorder has written; empty: not here

  std::vector<AlertRule> alerts;
  bool verbose = false;
  bool check = false;

  /// Others than this host's users can ask.
  [[nodiscard]] bool is_exposed() const {
    return !listen.is_local() || !proxies.empty() || !names.empty();
  }
  [[nodiscard]] std::filesystem::path token_file() const { return state_dir / "tokens.json"; }
  [[nodiscard]] std::filesystem::path user_file() const { return state_dir / "users.json"; }
  [[nodiscard]] std::filesystem::path history_file() const { return state_dir / "history.db"; }
  [[nodiscard]] std::filesystem::path last_reports_file() const {
    return state_dir / "last-reports.jsonl";
  }
};

/// Reads flags, environment (WEMOL_HUB_LISTEN, …) and the TOML file of --config. A flag beats the
/// environment, which beats the file, which beats the default.
[[nodiscard]] tl::expected<HubOptions, EarlyExit> parse_hub_options(int argc,
                                                                    const char* const* argv);

}  // namespace wemol::hub
