#include "hub_options.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "access_control.h"
#include "files.h"
#include "report.h"
#include "text.h"
#include "toml_config.h"
#include "user_store.h"
#include "version.h"

namespace wemol::hub {
namespace {

constexpr const char* kEnvironmentPrefix = "WEMOL_HUB_";
/// The tables that are no options: rules of alerts.
constexpr const char* kAlertTables = "alert";

OptionTable::Accept storing_text(std::filesystem::path& target) {
  return [&target](const std::string& text) {
    target = text;  // an empty value is as good as none
    return true;
  };
}

std::optional<serve::ListenAddress> parse_listen(const std::string& text) {
  auto address = serve::parse_listen_address(text);
  return address ? std::optional(std::move(*address)) : std::nullopt;
}

std::optional<serve::Networks> parse_network_list(const std::string& text) {
  auto networks = serve::parse_networks(text);
  return networks ? std::optional(std::move(*networks)) : std::nullopt;
}

std::optional<std::string> parse_base_path(const std::string& text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string path = text;
  while (path.ends_with('/')) {
    path.pop_back();
  }
  const bool is_path = path.starts_with('/') && path.find("//") == std::string::npos &&
                       path.find_first_not_of(kAllowed) == std::string::npos;
  return path.empty() || is_path ? std::optional(path) : std::nullopt;
}

std::optional<std::vector<std::string>> parse_names(const std::string& text) {
  std::vector<std::string> names;
  if (trimmed(text).empty()) {
    return names;
  }
  for (const std::string_view part : split_fields(text, ',')) {
    const std::string name = serve::name_in_host(trimmed(part));
    if (!is_host_name(name)) {
      return std::nullopt;
    }
    names.push_back(name);
  }
  return names;
}

bool is_origin(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]";
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) {
      const std::string_view host = text.substr(scheme.size());
      return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
    }
  }
  return false;
}

std::optional<std::vector<std::string>> parse_origins(const std::string& text) {
  std::vector<std::string> origins;
  if (trimmed(text).empty()) {
    return origins;
  }
  for (const std::string_view part : split_fields(text, ',')) {
    if (!is_origin(trimmed(part))) {
      return std::nullopt;
    }
    origins.emplace_back(trimmed(part));
  }
  return origins;
}

std::optional<HistoryKind> parse_history_kind(const std::string& text) {
  if (text == "sqlite") {
    return HistoryKind::sqlite;
  }
  return text == "prometheus" ? std::optional(HistoryKind::prometheus) : std::nullopt;
}

std::optional<double> parse_amount(const std::string& text) {
  constexpr double kMost = 36500;
  const auto amount = parse_number<double>(text);
  return amount && *amount > 0 && *amount <= kMost ? amount : std::nullopt;
}

void add_serving(OptionTable& table, HubOptions& options) {
  table.add("listen", "ADDR", "127.0.0.1:7864",
            "Where to listen: ADDR:PORT, [V6]:PORT or unix:PATH; where others can ask it needs a "
            "password or --read-only-public",
            "ADDR:PORT, [V6]:PORT or unix:PATH", storing(parse_listen, options.listen));
  table.add("state-dir", "DIR", "/var/lib/wemol-hub", "Where tokens, passwords and history lie",
            "a folder", storing(parse_path, options.state_dir));
  table.add("tls-cert", "FILE", "",
            "Certificate chain (PEM); read again on SIGHUP and when it changes", "a file",
            storing_text(options.tls_cert));
  table.add("tls-key", "FILE", "", "Its key (PEM)", "a file", storing_text(options.tls_key));
  table.add("accept-legacy-reports", "NETS", "",
            "Networks whose reports need no token, with commas: 10.0.0.0/8. They can never kill",
            "networks such as 10.0.0.0/8", storing(parse_network_list, options.legacy));
  table.add_switch("read-only-public", "Everybody may look; a password is needed for changes",
                   options.read_only_public);
}

void add_surroundings(OptionTable& table, HubOptions& options) {
  table.add("trusted-proxies", "NETS", "",
            "Proxies in front whose X-Forwarded-For, -Proto and -Host are believed, with commas; "
            "unix for a Unix socket",
            "networks such as 127.0.0.1 or 10.0.0.0/8",
            storing(parse_network_list, options.proxies));
  table.add("base-path", "PATH", "", "Under which path a proxy shows the hub: /gpu",
            "a path such as /gpu", storing(parse_base_path, options.base_path));
  table.add("server-name", "NAMES", "",
            "Names under which a hub on a loopback address is asked through a proxy, with commas",
            "host names", storing(parse_names, options.names));
  table.add("allow-origin", "ORIGINS", "",
            "Web pages that may read the answers: https://HOST[:PORT], several with commas",
            "origins such as https://status.example.org", storing(parse_origins, options.origins));
}

void add_history(OptionTable& table, HubOptions& options) {
  table.add("history", "KIND", "sqlite",
            "Where the past is: sqlite (in --state-dir) or prometheus (asked by PromQL)",
            "sqlite or prometheus", storing(parse_history_kind, options.history));
  table.add("prometheus-url", "URL", "", "Of Prometheus or VictoriaMetrics", "a URL",
            [&](const std::string& text) {
              options.prometheus_url = text;
              return text.empty() || text.starts_with("http://") || text.starts_with("https://");
            });
  table.add("scrape-interval", "SECONDS", "15", "In which it scrapes the agents",
            "seconds from 0.1 to 86400", storing(parse_seconds, options.scrape_interval));
  constexpr std::array kLevelNames{"10s", "1min", "10min"};
  constexpr std::array kDefaults{"1", "14", "400"};
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    table.add(fmt::format("keep-{}", kLevelNames.at(i)), "DAYS", kDefaults.at(i),
              fmt::format("How long the history in steps of {} is kept", kLevelNames.at(i)),
              "days, more than 0", storing(parse_amount, options.keep_days.at(i)));
  }
  table.add("history-size", "GIB", "16", "What the history's file may take; the oldest goes first",
            "GiB, more than 0", storing(parse_amount, options.history_gib));
  table.add("record-dir", "DIR", "",
            "Where wemol-recorder writes, for the figures of the modules; an empty value: not here",
            "a folder", storing_text(options.record_dir));
}

void add_commands(CLI::App& app, HubOptions& options) {
  const auto add = [&](const char* name, const char* meaning, HubCommand command,
                       const char* subject) {
    CLI::App* const sub = app.add_subcommand(name, meaning);
    sub->fallthrough();
    sub->callback([&options, command] { options.command = command; });
    if (subject != nullptr) {
      sub->add_option(subject, options.subject)->required();
    }
  };
  add("enroll", "Make a token for a host's agent and print it, this once", HubCommand::enroll,
      "HOST");
  add("hosts", "List the hosts that have a token", HubCommand::hosts, nullptr);
  add("remove", "Take a host's token away, and the host from the page", HubCommand::remove, "HOST");
  add("set-password", "Set a user's password, asked for or from standard input",
      HubCommand::set_password, "USER");
  app.require_subcommand(0, 1);
}

/// What is wrong with them together; empty: nothing.
std::string contradiction(const HubOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return "--tls-cert and --tls-key: one needs the other";
  }
  if (options.history == HistoryKind::prometheus && options.prometheus_url.empty()) {
    return "--history prometheus: needs --prometheus-url URL";
  }
  const bool is_of_host =
      options.command == HubCommand::enroll || options.command == HubCommand::remove;
  if (is_of_host && !is_host_name(options.subject)) {
    return fmt::format("\"{}\" is no host's name: letters, digits, '.', '-' and '_'",
                       printable(options.subject));
  }
  if (options.command == HubCommand::set_password && !is_user_name(options.subject)) {
    return fmt::format(
        "\"{}\" is no user's name: letters, digits, '.', '-', '_' and '@', at most 64",
        printable(options.subject));
  }
  return {};
}

Result<std::vector<AlertRule>> alerts_in(const std::string& config) {
  constexpr std::size_t kMost = std::size_t{64} << 10;
  if (config.empty()) {
    return std::vector<AlertRule>{};
  }
  const auto text = SystemFileReader().read(config, kMost);
  return text ? read_alert_rules(*text) : tl::make_unexpected(text.error());
}

tl::unexpected<EarlyExit> usage_error(std::string text) {
  return tl::make_unexpected(EarlyExit{kUsageError, std::move(text)});
}

}  // namespace

tl::expected<HubOptions, EarlyExit> parse_hub_options(int argc, const char* const* argv) {
  HubOptions options;
  CLI::App app("Shows all GPU hosts on one page, with their past, alerts and an API.", "wemol-hub");
  OptionTable table(app, kEnvironmentPrefix);
  add_serving(table, options);
  add_surroundings(table, options);
  add_history(table, options);
  table.add_switch("verbose", "Log each request", options.verbose);
  add_common_options(app, kEnvironmentPrefix, kVersion, options.check);
  app.config_formatter(std::make_shared<TomlConfig>(app, has_environment_value, kAlertTables));
  add_commands(app, options);
  if (auto early_exit = parse_command_line(app, argc, argv)) {
    return tl::make_unexpected(std::move(*early_exit));
  }
  if (std::string why = contradiction(options); !why.empty()) {
    return usage_error(std::move(why));
  }
  const CLI::Option* const config = app.get_config_ptr();
  auto alerts =
      alerts_in(config->count() == 0 ? config->get_default_str() : config->as<std::string>());
  if (!alerts) {
    return usage_error("--config: " + alerts.error().message);
  }
  options.alerts = std::move(*alerts);
  return options;
}

}  // namespace wemol::hub
