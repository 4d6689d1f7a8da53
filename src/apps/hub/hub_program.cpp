#include "hub_program.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "agent_links.h"
#include "alert_dispatcher.h"
#include "condition_log.h"
#include "gatekeeper.h"
#include "host_name.h"
#include "hub_api.h"
#include "hub_server.h"
#include "last_reports_file.h"
#include "live_pages.h"
#include "log.h"
#include "login_api.h"
#include "module_figures_json.h"
#include "page_routes.h"
#include "secret.h"
#include "served_certificate.h"
#include "server.h"
#include "service_manager.h"
#include "version.h"

namespace wemol::hub {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int kCannotStart = 1;
/// For what the service manager has to hear.
constexpr auto kPatience = 2s;
constexpr auto kForKillResults = 10s;
constexpr auto kBetweenLiveMessages = 200ms;
constexpr auto kBetweenAlertLooks = 5s;
constexpr auto kBetweenPageLooks = 30s;
constexpr auto kBetweenSaves = 60s;

class HubClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  /// Nothing waits here but the io_context.
  [[nodiscard]] bool wait_until(SteadyTime /*due*/) override { return false; }
};

/// Whether it is time for something that is done now and then.
class Every {
 public:
  explicit Every(SteadyTime::duration pause) : pause_(pause) {}
  [[nodiscard]] bool is_due(SteadyTime now) {
    if (next_ && now < *next_) {
      return false;
    }
    next_ = now + pause_;
    return true;
  }

 private:
  SteadyTime::duration pause_;
  std::optional<SteadyTime> next_;
};

/// All of the hub, in the order in which its parts depend on each other.
class Hub {
 public:
  explicit Hub(const HubOptions& options)
      : options_(options),
        signals_(context_, SIGINT, SIGTERM),
        hangup_(context_, SIGHUP),
        second_(context_),
        tokens_(options.token_file()),
        users_(options.user_file()),
        gate_({.read_only_public = options.read_only_public,
               .is_exposed = options.is_exposed(),
               .legacy = options.legacy,
               .origins = options.origins},
              tokens_, users_, sessions_, clock_),
        engine_(options.alerts),
        workers_(context_, 1, 64),
        hashing_(context_, 1, 16),
        links_(
            context_,
            [this](const std::string& host, const std::string& token, const std::string& client) {
              return standing(host, token, client);
            },
            kForKillResults),
        live_(context_, table_, kBetweenLiveMessages),
        last_reports_(options.last_reports_file(), table_) {}

  Result<void> start() {
    if (auto read = tokens_.refresh(); !read) {
      return read;
    }
    if (const auto read = users_.refresh(); !read) {
      return tl::make_unexpected(read.error());
    }
    if (auto allowed = check_exposure(options_, users_); !allowed) {
      return allowed;
    }
    auto history = open_history(options_, context_, clock_);
    if (!history) {
      return tl::make_unexpected(std::move(history.error()));
    }
    history_ = std::move(*history);
    enrolled_ = tokens_.hosts();
    last_reports_.restore(clock_.moment());
    if (!options_.alerts.empty()) {
      alerts_.emplace(context_);
    }
    return serve();
  }

  void run() {
    signals_.async_wait([this](boost::system::error_code cancelled, int signal) {
      if (!cancelled) {
        stop(fmt::format("SIG{}", sigabbrev_np(signal)));
      }
    });
    await_hangup();
    every_second();
    spdlog::info("wemol-hub {} serves on {}{}", kVersion, server_->address().text(),
                 options_.tls_cert.empty() ? "" : " by TLS");
    tell("READY=1\nSTATUS=serving on " + server_->address().text(), kPatience);
    context_.run();
    workers_.end();  // it may be saving
    last_reports_.save();
  }

 private:
  Result<void> serve() {
    api_.emplace(HubApi::Parts{.context = context_,
                               .gate = gate_,
                               .tokens = tokens_,
                               .table = table_,
                               .history = *history_,
                               .alerts = engine_,
                               .links = links_,
                               .live = live_,
                               .workers = workers_,
                               .clock = clock_,
                               .modules = modules(),
                               .start_id = random_secret().substr(0, 8),
                               .hostname = host_name()});
    login_.emplace(LoginApi::Parts{.gate = gate_,
                                   .users = users_,
                                   .sessions = sessions_,
                                   .hashing = hashing_,
                                   .clock = clock_,
                                   .cookie_path = options_.base_path + "/"});
    serve::Router router;
    api_->add_to(router);
    login_->add_to(router);
    add_page(router, options_.base_path);
    server_.emplace(context_, server_settings(options_), std::move(router));
    if (!options_.tls_cert.empty()) {
      certificate_.emplace(options_.tls_cert, options_.tls_key, *server_);
      if (auto loaded = certificate_->use(); !loaded) {
        return loaded;
      }
    }
    return server_->listen(options_.listen);
  }

  HubApi::ModulesJson modules() {
    if (options_.record_dir.empty()) {
      return {};
    }
    return [folder = options_.record_dir] {
      return module_figures_json(folder, std::chrono::system_clock::now());
    };
  }

  AgentLinks::Standing standing(const std::string& host, const std::string& token,
                                const std::string& client) {
    if (!token.empty()) {
      const bool is_own = tokens_.accepts(host, token);
      return {.is_accepted = is_own, .has_token = is_own};
    }
    return {.is_accepted = !tokens_.has(host) && gate_.is_legacy(client), .has_token = false};
  }

  void await_hangup() {
    hangup_.async_wait([this](boost::system::error_code cancelled, int /*signal*/) {
      if (!cancelled) {
        if (certificate_) {
          certificate_->reread();
        }
        await_hangup();
      }
    });
  }

  void stop(const std::string& why) {
    if (std::exchange(is_stopping_, true)) {
      return;
    }
    spdlog::info("{}: the hub stops", why);
    tell("STOPPING=1\nSTATUS=stopping");
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    hangup_.cancel(ignored);
    second_.cancel();
    server_->stop();
  }

  void every_second() {
    second_.expires_after(1s);
    second_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled || is_stopping_) {
        return;
      }
      look();
      tell("WATCHDOG=1");
      every_second();
    });
  }

  void look() {
    const SteadyTime now = clock_.now();
    refresh_access();
    const auto gone = table_.refresh(now);
    for (const std::string& host : gone) {
      spdlog::warn("{} is offline", host);
    }
    if (!gone.empty()) {
      live_.changed();
    }
    if (page_looks_.is_due(now)) {
      live_.look();
      links_.look();
      api_->look();
    }
    if (alert_looks_.is_due(now)) {
      evaluate_alerts();
      Conditions conditions = history_->conditions();
      if (alerts_) {
        std::ranges::move(alerts_->conditions(), std::back_inserter(conditions));
      }
      conditions_.note(conditions);
    }
    if (saves_.is_due(now)) {
      if (certificate_) {
        certificate_->look();
      }
      last_reports_.save_by_and_by(workers_);
    }
  }

  /// What the commands have changed meanwhile.
  void refresh_access() {
    if (const auto read = tokens_.refresh(); !read) {
      note_once(read.error().message);
    } else if (auto enrolled = tokens_.hosts(); enrolled != enrolled_) {
      const std::set<std::string> still(enrolled.begin(), enrolled.end());
      for (const std::string& host : enrolled_) {
        if (!still.contains(host)) {
          spdlog::info("{} is removed", host);
          (void)api_->remove_host(host);
        }
      }
      enrolled_ = std::move(enrolled);
    }
    const auto changed = users_.refresh();
    if (!changed) {
      note_once(changed.error().message);
      return;
    }
    for (const std::string& user : *changed) {
      sessions_.close_all(user);
    }
  }

  void note_once(const std::string& message) {
    if (std::exchange(noted_, message) != message) {
      spdlog::error("{}", message);
    }
  }

  void evaluate_alerts() {
    if (!alerts_) {
      return;
    }
    std::vector<WatchedHost> hosts;
    table_.for_each([&](const Host& host) {
      hosts.push_back({host.name, host.is_online, &host.report->figures});
    });
    for (const AlertNotice& notice : engine_.evaluate(hosts, clock_.moment())) {
      alerts_->send(notice, engine_.rules().at(notice.subject.rule));
    }
  }

  void tell(const std::string& assignments, std::chrono::milliseconds patience = {}) const {
    if (const int error = manager_.tell(assignments, patience); error != 0) {
      spdlog::debug("the service manager cannot be told: {}", strerror(error));
    }
  }

  const HubOptions& options_;
  ServiceManager manager_;
  HubClock clock_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::signal_set hangup_;
  asio::steady_timer second_;
  HostTable table_;
  TokenStore tokens_;
  UserStore users_;
  Sessions sessions_;
  Gatekeeper gate_;
  AlertEngine engine_;
  std::unique_ptr<History> history_;
  Workers workers_;
  Workers hashing_;
  AgentLinks links_;
  LivePages live_;
  LastReportsFile last_reports_;
  std::optional<AlertDispatcher> alerts_;
  std::optional<HubApi> api_;
  std::optional<LoginApi> login_;
  std::optional<serve::Server> server_;
  std::optional<ServedCertificate> certificate_;
  std::vector<std::string> enrolled_;
  Every page_looks_{kBetweenPageLooks};
  Every alert_looks_{kBetweenAlertLooks};
  Every saves_{kBetweenSaves};
  ConditionLog conditions_;
  std::string noted_;
  bool is_stopping_ = false;
};

}  // namespace

int run_hub(const HubOptions& options) {
  set_up_log(options.verbose ? LogLevel::debug : LogLevel::info, {});
  std::signal(SIGPIPE, SIG_IGN);
  begin_secrets();
  Hub hub(options);
  if (const auto started = hub.start(); !started) {
    spdlog::error("{}", started.error().message);
    return kCannotStart;
  }
  hub.run();
  return EXIT_SUCCESS;
}

}  // namespace wemol::hub
