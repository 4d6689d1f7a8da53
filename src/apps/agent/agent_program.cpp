#include "agent_program.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "agent_api.h"
#include "device_record.h"
#include "hub_setup.h"
#include "log.h"
#include "nvml_client.h"
#include "parent_watch.h"
#include "portfile.h"
#include "process_clock.h"
#include "sampled_host.h"
#include "server.h"
#include "service_manager.h"
#include "snapshot_subscriber.h"
#include "token_file.h"
#include "version.h"

namespace wemol::agent {
namespace {

namespace asio = boost::asio;

constexpr int kCannotStart = 1;
/// For what the service manager has to hear.
constexpr std::chrono::seconds kPatience{2};
/// Beside the connections: the sampler's files, the helper's pipes, what is open in passing.
constexpr rlim_t kOtherDescriptors = 64;

/// As nohup has it.
bool is_hangup_ignored() {
  struct sigaction action {};
  return sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// As many descriptors as this process may have at all.
rlim_t raise_descriptor_limit() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);  // it may have been denied
  return limit.rlim_cur;
}

serve::ServerSettings server_settings(const AgentOptions& options, std::string token) {
  serve::ServerSettings settings;
  settings.name = std::string("wemol-agent/") + kVersion;
  settings.access.token = std::move(token);
  settings.access.origins = options.origins;
  settings.body_bytes = std::size_t{4} << 10;  // nothing here takes one
  settings.access.only_local_names = options.listen.is_local() && !options.listen.is_unix();
  const rlim_t descriptors = raise_descriptor_limit();
  settings.connections.all = std::min<std::size_t>(
      settings.connections.all, descriptors - std::min(descriptors, kOtherDescriptors));
  return settings;
}

Result<std::string> token_of(const AgentOptions& options) {
  return options.token_file.empty() ? Result<std::string>() : read_token(options.token_file);
}

/// All of the agent, in the order in which its parts depend on each other.
class Agent {
 public:
  Agent(const AgentOptions& options, std::string token)
      : options_(options),
        signals_(context_, SIGINT, SIGTERM),
        second_(context_),
        host_(context_,
              {.interval = options.interval,
               .processes = options.processes,
               .nvml_helper_command = nvml::own_helper_command(),
               .queue_lock_folder = options.queue_lock_folder},
              [this](const HostSource::Sample& sample) {
                feed_.take(sample);
                if (hub_) {
                  hub_->take(*sample);
                }
                if (devices_) {
                  devices_->take(*sample);
                }
              }),
        watch_(host_, options.interval, clock_.now()),
        feed_(host_, watch_, clock_, options.node_id) {
    if (!is_hangup_ignored()) {
      signals_.add(SIGHUP);
    }
    if (!options.recorder_socket.empty()) {
      tasks_.emplace(context_, options.recorder_socket, serve::SnapshotSubscriber::Bounds{});
    }
    api_.emplace(AgentApi::Parts{.host = host_,
                                 .watch = watch_,
                                 .feed = feed_,
                                 .tasks = tasks_ ? &*tasks_ : nullptr,
                                 .clock = clock_,
                                 .node_id = options.node_id});
    serve::Router router;
    api_->add_to(router);
    server_.emplace(context_, server_settings(options, std::move(token)), std::move(router));
  }

  Result<void> start() {
    if (options_.parent_pid != 0) {  // first of all: its pid may be given to another
      auto parent = ParentWatch::start(context_, options_.parent_pid, [this] {
        stop(fmt::format("process {} (--parent-pid) has ended", options_.parent_pid));
      });
      if (!parent) {
        return tl::make_unexpected(std::move(parent.error()));
      }
      parent_.emplace(std::move(*parent));
    }
    if (!options_.device_history.folder.empty()) {
      devices_.emplace(options_.device_history);
      if (auto started = devices_->start(); !started) {
        return started;
      }
    }
    if (auto listening = server_->listen(options_.listen); !listening) {
      return listening;
    }
    if (options_.hub) {
      report_to_hub();
    }
    if (!options_.portfile.empty()) {
      auto portfile = Portfile::write(options_.portfile, server_->address());
      if (!portfile) {
        return tl::make_unexpected(std::move(portfile.error()));
      }
      portfile_.emplace(std::move(*portfile));
    }
    return {};
  }

  void run() {
    signals_.async_wait([this](boost::system::error_code cancelled, int signal) {
      if (!cancelled) {
        stop(fmt::format("SIG{}", sigabbrev_np(signal)));
      }
    });
    every_second();
    spdlog::info("wemol-agent {} serves node {} on {}, sampled every {} s", kVersion,
                 options_.node_id, server_->address().text(),
                 std::chrono::duration<double>(options_.interval).count());
    tell("READY=1\nSTATUS=serving on " + server_->address().text(), kPatience);
    context_.run();
  }

 private:
  void report_to_hub() {
    hub_.emplace(context_, hub_settings(options_, server_->address().port), clock_,
                 tasks_ ? &*tasks_ : nullptr);
    if (!options_.hub->is_tls && !options_.hub->is_loopback() && !options_.hub_token_file.empty()) {
      spdlog::warn("{} has no TLS: whoever listens on the network reads this host's token",
                   options_.hub->text());
    }
    constexpr std::chrono::seconds kBetweenSessions{30};
    sessions_.emplace(kBetweenSessions, [this](HostSessions sessions) {
      asio::post(context_, [this, sessions = std::move(sessions)]() mutable {
        if (hub_) {
          hub_->take(std::move(sessions));
        }
      });
    });
  }

  void stop(const std::string& why) {
    if (std::exchange(is_stopping_, true)) {
      return;
    }
    spdlog::info("{}: the agent stops", why);
    tell("STOPPING=1\nSTATUS=stopping");
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    second_.cancel();
    parent_.reset();
    portfile_.reset();
    sessions_.reset();
    devices_.reset();
    hub_.reset();  // asks for the tasks
    tasks_.reset();
    server_->stop();
  }

  void every_second() {
    second_.expires_after(std::chrono::seconds(1));
    second_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled || is_stopping_) {
        return;
      }
      feed_.look();
      note_health();
      tell("WATCHDOG=1");
      every_second();
    });
  }

  void note_health() {
    const auto problem = watch_.problem(clock_.now());
    if (problem && !was_unhealthy_) {
      spdlog::error("{}", *problem);
    } else if (!problem && was_unhealthy_) {
      spdlog::info("this host is sampled again");
    }
    was_unhealthy_ = problem.has_value();
  }

  void tell(const std::string& assignments, std::chrono::milliseconds patience = {}) const {
    if (const int error = manager_.tell(assignments, patience); error != 0) {
      spdlog::debug("the service manager cannot be told: {}", strerror(error));
    }
  }

  const AgentOptions& options_;
  ServiceManager manager_;
  ProcessClock clock_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::steady_timer second_;
  SampledHost host_;
  HostWatch watch_;
  LiveFeed feed_;
  std::optional<serve::SnapshotSubscriber> tasks_;
  std::optional<hub_client::HubReporter> hub_;
  std::optional<SessionWatch> sessions_;
  std::optional<DeviceRecord> devices_;
  std::optional<AgentApi> api_;
  std::optional<serve::Server> server_;
  std::optional<Portfile> portfile_;
  std::optional<ParentWatch> parent_;
  bool is_stopping_ = false;
  bool was_unhealthy_ = false;
};

}  // namespace

int run_agent(const AgentOptions& options) {
  set_up_log(options.verbose ? LogLevel::debug : LogLevel::info, {});
  std::signal(SIGPIPE, SIG_IGN);
  auto token = token_of(options);
  if (!token) {
    spdlog::error("{}", token.error().message);
    return kCannotStart;
  }
  Agent agent(options, std::move(*token));
  if (const auto started = agent.start(); !started) {
    spdlog::error("{}", started.error().message);
    return kCannotStart;
  }
  agent.run();
  return EXIT_SUCCESS;
}

}  // namespace wemol::agent
