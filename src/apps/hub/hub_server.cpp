#include "hub_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "prometheus_history.h"
#include "sqlite_history.h"
#include "version.h"
#include "web_client.h"

namespace wemol::hub {
namespace {

constexpr std::size_t kMostConnections = 16'384;
constexpr std::size_t kMostOfOneClient = 200;
/// Beside the connections: history, state files, children, what is open in passing.
constexpr rlim_t kOtherDescriptors = 128;

/// As many descriptors as this process may have at all.
rlim_t raise_descriptors() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);  // it may have been denied
  return limit.rlim_cur;
}

AskProm prometheus_client(const HubOptions& options, boost::asio::io_context& context) {
  std::string base = options.prometheus_url;
  while (base.ends_with('/')) {
    base.pop_back();
  }
  return [base, &context](PromQuestion question, std::function<void(Result<PromAnswer>)> done) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
    constexpr std::chrono::seconds kForAnswer{30};
    web::ask_once(context, {.user_agent = "wemol-hub"},
                  {.method = web::Method::post,
                   .url = base + question.path,
                   .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                   .body = std::move(question.form)},
                  {.patience = kForAnswer, .answer_bytes = kMostBytes},
                  [done = std::move(done)](Result<web::Answer> answer) {
                    if (answer) {
                      done(PromAnswer{answer->status, std::move(answer->body)});
                    } else {
                      done(tl::make_unexpected(std::move(answer.error())));
                    }
                  });
  };
}

HistorySettings history_settings(const HubOptions& options) {
  constexpr double kHoursOfDay = 24;
  constexpr double kGib = 1024.0 * 1024 * 1024;
  HistorySettings settings{.file = options.history_file()};
  for (std::size_t i = 0; i < settings.keep.size(); ++i) {
    settings.keep.at(i) =
        std::chrono::hours(std::max(1L, std::lround(options.keep_days.at(i) * kHoursOfDay)));
  }
  settings.most_bytes = static_cast<std::uint64_t>(options.history_gib * kGib);
  return settings;
}

}  // namespace

serve::ServerSettings server_settings(const HubOptions& options) {
  constexpr std::size_t kUsualBody = 4096;
  // All hosts' reports, of a thousand some 50 MB, and once more as they are a moment later.
  constexpr std::size_t kOutgoing = std::size_t{128} << 20;
  constexpr std::size_t kAgentMessage = std::size_t{256} << 10;
  serve::ServerSettings settings;
  settings.name = std::string("wemol-hub/") + kVersion;
  settings.access.origins = options.origins;
  settings.access.only_local_names = options.listen.is_local() && !options.listen.is_unix();
  settings.access.names = options.names;
  settings.proxy = {.proxies = options.proxies, .base_path = options.base_path};
  const rlim_t descriptors = raise_descriptors();
  settings.connections.all = std::min<std::size_t>(
      kMostConnections, descriptors - std::min(descriptors, kOtherDescriptors));
  settings.connections.per_client = kMostOfOneClient;
  settings.body_bytes = kUsualBody;
  settings.outgoing_bytes = kOutgoing;
  settings.dialog_message_bytes = kAgentMessage;
  // The page has a policy of its own, which allows its files.
  settings.headers = {{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                      {"X-Frame-Options", "DENY"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}};
  if (options.origins.empty()) {
    settings.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  }
  return settings;
}

Result<std::unique_ptr<History>> open_history(const HubOptions& options,
                                              boost::asio::io_context& context,
                                              const Clock& clock) {
  if (options.history == HistoryKind::prometheus) {
    return std::make_unique<PrometheusHistory>(
        prometheus_client(options, context),
        std::max(std::chrono::seconds(1),
                 std::chrono::ceil<std::chrono::seconds>(options.scrape_interval)));
  }
  auto opened = SqliteHistory::open(history_settings(options), clock);
  if (!opened) {
    return tl::make_unexpected(std::move(opened.error()));
  }
  return std::unique_ptr<History>(std::move(*opened));
}

Result<void> check_exposure(const HubOptions& options, const UserStore& users) {
  if (!options.is_exposed() || options.read_only_public || !users.empty()) {
    return {};
  }
  return failure(fmt::format(
      "others than this host's users could ask at {}, and nobody has a password: wemol-hub "
      "set-password USER, or --read-only-public, by which everybody may look and nobody change",
      options.listen.text()));
}

}  // namespace wemol::hub
