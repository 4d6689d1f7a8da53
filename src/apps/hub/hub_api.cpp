#include "hub_api.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "alert_text.h"
#include "host_documents.h"
#include "hub_metrics.h"
#include "kill_request.h"
#include "text.h"
#include "version.h"

namespace wemol::hub {
namespace {

using serve::bearer_token;
using serve::Request;
using serve::Respond;
using serve::Response;

/// An agent that was away sends what it has kept at a stretch.
constexpr serve::RateLimiter::Rules kReports{.per_second = 20, .burst = 1000};
constexpr std::size_t kKillBytes = std::size_t{256} << 10;

std::string_view parameter(const Request& request, std::string_view name) {
  const auto found = request.target.query.find(name);
  return found == request.target.query.end() ? std::string_view() : std::string_view(found->second);
}

tl::unexpected<Response> bad_parameter(std::string_view name, std::string_view takes) {
  return tl::make_unexpected(serve::error_response(400, fmt::format("{}: {}", name, takes)));
}

/// Seconds since 1970, with a fraction or without.
std::optional<WallTime> time_of(std::string_view text) {
  constexpr double kLatest = 4e9;
  const auto seconds = parse_number<double>(text);
  if (!seconds || !(*seconds >= 0 && *seconds <= kLatest)) {
    return std::nullopt;
  }
  return WallTime(
      std::chrono::duration_cast<WallTime::duration>(std::chrono::duration<double>(*seconds)));
}

tl::expected<HistoryQuery, Response> parse_history(const Request& request, WallTime now) {
  constexpr std::chrono::seconds kDefaultSpan{3600};
  HistoryQuery query{
      .host = std::string(parameter(request, "host")), .from = now - kDefaultSpan, .to = now};
  for (const std::string_view metric : split_fields(parameter(request, "metric"), ',')) {
    query.metrics.emplace_back(trimmed(metric));
  }
  if (const auto to = parameter(request, "to"); !to.empty()) {
    const auto time = time_of(to);
    if (!time) {
      return bad_parameter("to", "seconds since 1970 are expected");
    }
    query.to = *time;
    query.from = *time - kDefaultSpan;
  }
  if (const auto from = parameter(request, "from"); !from.empty()) {
    const auto time = time_of(from);
    if (!time) {
      return bad_parameter("from", "seconds since 1970 are expected");
    }
    query.from = *time;
  }
  if (const auto step = parameter(request, "step"); !step.empty()) {
    constexpr double kLongest = 1e8;
    const auto seconds = parse_number<double>(step);
    if (!seconds || !(*seconds >= 1 && *seconds <= kLongest)) {
      return bad_parameter("step", "seconds, 1 or more, are expected");
    }
    query.step = std::chrono::seconds(std::llround(*seconds));
  } else {
    constexpr int kPoints = 300;
    query.step =
        std::max(std::chrono::seconds(10),
                 std::chrono::duration_cast<std::chrono::seconds>(query.to - query.from) / kPoints);
  }
  if (const auto checked = check(query); !checked) {
    return tl::make_unexpected(serve::error_response(400, checked.error().message));
  }
  return query;
}

}  // namespace

HubApi::HubApi(Parts parts)
    : parts_(std::move(parts)),
      stats_({.revision = [this] { return parts_.table.revision(); },
              .make = [this] { return gpu_stats_json(parts_.table); },
              .etag = [this] { return entity_tag(parts_.table, parts_.start_id); }},
             parts_.workers),
      tasks_({.revision = [this] { return parts_.table.revision(); },
              .make =
                  [this] {
                    SharedText text;
                    text.add(tasks_json(parts_.table));
                    return text;
                  },
              .etag = [this] { return entity_tag(parts_.table, parts_.start_id); }},
             parts_.workers),
      reports_(kReports) {}

void HubApi::add_to(serve::Router& router) {
  add_reading(router);
  add_changes(router);
  add_for_machines(router);
}

void HubApi::add_reading(serve::Router& router) {
  const serve::RouteRules rules{
      .guard = [this](const Request& request) { return parts_.gate.reading_refusal(request); }};
  router.add_later(
      "GET", "/api/gpu-stats",
      [this](const Request& request, Respond respond) {
        stats_.answer(request, std::move(respond));
      },
      rules);
  router.add_later(
      "GET", "/api/tasks",
      [this](const Request& request, Respond respond) {
        tasks_.answer(request, std::move(respond));
      },
      rules);
  router.add_later(
      "GET", "/api/hosts",
      [this](const Request& request, const Respond& respond) {
        respond_compressed(parts_.workers, request, hosts_json(parts_.table, parts_.clock.now()),
                           respond);
      },
      rules);
  router.add_later(
      "GET", "/api/history",
      [this](const Request& request, const Respond& respond) { history(request, respond); }, rules);
  router.add_later(
      "GET", "/api/modules",
      [this](const Request& request, const Respond& respond) { modules(request, respond); }, rules);
  router.add_later(
      "GET", "/api/alerts",
      [this](const Request& request, const Respond& respond) {
        respond_compressed(parts_.workers, request, alerts_json(parts_.alerts), respond);
      },
      rules);
  router.add_websocket(
      "/api/live", [this](const Request& request) -> tl::expected<serve::Subscription, Response> {
        if (auto refusal = parts_.gate.reading_refusal(request)) {
          return tl::make_unexpected(std::move(*refusal));
        }
        Request asked{.headers = request.headers, .peer = request.peer, .client = request.client};
        return parts_.live.subscribe([this, asked = std::move(asked)] {
          return !parts_.gate.reading_refusal(asked).has_value();
        });
      });
}

void HubApi::add_changes(serve::Router& router) {
  const auto guard = [this](const Request& request) { return parts_.gate.change_refusal(request); };
  router.add_later(
      "POST", "/api/kill-processes",
      [this](const Request& request, const Respond& respond) { kill(request, respond); },
      {.guard = guard, .body_bytes = kKillBytes});
  router.add("DELETE", "/api/hosts/{name}",
             [this](const Request& request) { return remove(request); }, {.guard = guard});
}

void HubApi::add_for_machines(serve::Router& router) {
  router.add(
      "POST", "/api/report-gpu-stats",
      [this](const Request& request) { return take_report(request); },
      {.guard = [this](const Request& request) { return parts_.gate.report_refusal(request); },
       .body_bytes = ReportLimits{}.body_bytes});
  router.add_websocket("/ws",
                       [this](const Request& request) { return parts_.links.subscribe(request); });
  router.add("GET", "/api/health", [this](const Request& /*request*/) { return health(); });
  const serve::RouteRules rules{
      .guard = [this](const Request& request) { return parts_.gate.scrape_refusal(request); }};
  router.add(
      "GET", "/metrics", [this](const Request& request) { return metrics(request); }, rules);
  router.add(
      "GET", "/api/sd",
      [this](const Request& /*request*/) {
        return serve::json_response(service_discovery_json(parts_.table));
      },
      rules);
}

/// Who may not speak for this host, and how often it may.
std::optional<Response> HubApi::foreign_report(const Request& request, const std::string& host) {
  const auto own = parts_.gate.host_of_token(bearer_token(request));
  if (own && *own != host) {
    return serve::error_response(
        403, fmt::format("hostname: this token is that of {}, not of {}", *own, host));
  }
  if (!own && parts_.tokens.has(host)) {
    return serve::error_response(403,
                                 fmt::format("hostname: {} has a token, which is needed", host));
  }
  return reports_.take(host, parts_.clock.now())
             ? std::nullopt
             : std::optional(too_often("too many reports of this host", std::chrono::seconds(1)));
}

Response HubApi::take_report(const Request& request) {
  auto report = parse_report(request.body);
  if (!report) {
    return serve::error_response(400, report.error().message);
  }
  if (auto refusal = foreign_report(request, report->hostname)) {
    return std::move(*refusal);
  }
  const Moment now = parts_.clock.moment();
  HistorySample sample{
      .host = report->hostname,
      .time = now.wall - std::chrono::duration_cast<WallTime::duration>(report->age),
      .figures = report->figures};
  const bool has_token = !bearer_token(request).empty();
  if (const auto taken = parts_.table.take(
          std::move(*report), {.moment = now, .address = request.client, .has_token = has_token});
      !taken) {
    return serve::error_response(403, taken.error().message);
  }
  parts_.history.write(std::move(sample));
  parts_.live.changed();
  return serve::json_response("{\"status\":\"success\",\"message\":\"Data received\"}\n");
}

void HubApi::kill(const Request& request, const Respond& respond) {
  auto order = parse_kill_request(request.body);
  if (!order) {
    respond(std::move(order.error()));
    return;
  }
  order->requested_by = parts_.gate.who(request);
  const std::string pids = fmt::format("{}", fmt::join(order->pids, ", "));
  const auto refuse = [&](unsigned status, std::string_view message) {
    spdlog::warn("kill: {} asks {} to end {}: {}", order->requested_by, order->host,
                 printable(pids), message);
    respond(serve::error_response(status, message));
  };
  switch (parts_.links.reach(order->host)) {
    case AgentLinks::Reach::away:
      refuse(404, "目标主机不在线");
      return;
    case AgentLinks::Reach::without_token:
      refuse(403, "没有令牌的主机不接受终止命令");
      return;
    case AgentLinks::Reach::connected:
      break;
  }
  spdlog::warn("kill: {} asks {} to end {}", order->requested_by, order->host, printable(pids));
  parts_.links.kill(*order, [respond, host = order->host,
                             by = order->requested_by](const std::vector<KillOutcome>& outcomes) {
    for (const KillOutcome& outcome : outcomes) {
      spdlog::warn("kill: {} of {}, for {}: {} {}", outcome.pid, host, by, outcome.status,
                   outcome.message);
    }
    respond(kill_answer(outcomes));
  });
}

Response HubApi::remove(const Request& request) {
  const std::string& host = request.parameters.find("name")->second;
  const auto revoked = parts_.tokens.revoke(host);
  if (!revoked) {
    spdlog::error("{}", revoked.error().message);
    return serve::error_response(500, "the token could not be taken away; the log says why");
  }
  const bool was_there = remove_host(host);
  if (!was_there && !*revoked) {
    return serve::error_response(404, fmt::format("there is no host {}", printable(host)));
  }
  spdlog::warn("{} has removed {}", parts_.gate.who(request), printable(host));
  return serve::json_response("{\"status\":\"success\"}\n");
}

void HubApi::look() {
  stats_.look();
  tasks_.look();
}

bool HubApi::remove_host(const std::string& host) {
  parts_.links.disconnect(host);
  if (!parts_.table.remove(host)) {
    return false;
  }
  parts_.history.forget(host);
  parts_.live.changed();
  return true;
}

void HubApi::history(const Request& request, const Respond& respond) {
  auto query = parse_history(request, parts_.clock.wall_now());
  if (!query) {
    respond(std::move(query.error()));
    return;
  }
  // It leaves the history's thread as a whole: the last reference to the connection may be in it.
  auto done = [this, request, kept = std::make_shared<const Respond>(respond)](
                  Result<HistoryAnswer> answer) mutable {
    boost::asio::post(
        parts_.context, [this, request, kept = std::move(kept), answer = std::move(answer)] {
          if (answer) {
            respond_compressed(parts_.workers, request, history_json(*answer), *kept);
          } else {
            spdlog::error("history: {}", answer.error().message);
            (*kept)(serve::error_response(500, "the history cannot be read; the log says why"));
          }
        });
  };
  parts_.history.query(std::move(*query), std::move(done));
}

void HubApi::modules(const Request& request, const Respond& respond) {
  constexpr std::chrono::seconds kGoodFor{60};
  if (!parts_.modules) {
    respond(serve::error_response(404, "the recorder's files are not here: set record-dir"));
    return;
  }
  const SteadyTime now = parts_.clock.now();
  if (!modules_.empty() && now - modules_at_ < kGoodFor) {
    respond_compressed(parts_.workers, request, modules_, respond);
    return;
  }
  const auto done = [this, request, respond, now](std::optional<Result<std::string>> json) {
    if (!json || !*json) {
      spdlog::error("modules: {}", json ? json->error().message : "failed");
      respond(serve::error_response(500, "the recorder's files cannot be read; the log says why"));
      return;
    }
    modules_ = **json;
    modules_at_ = now;
    respond_compressed(parts_.workers, request, modules_, respond);
  };
  if (!parts_.workers.run(parts_.modules, done)) {
    respond(too_busy());
  }
}

Response HubApi::health() const {
  const Conditions conditions = parts_.history.conditions();
  const nlohmann::ordered_json json{{"status", conditions.empty() ? "healthy" : "degraded"},
                                    {"version", kVersion}};
  return serve::json_response(json.dump() + '\n');
}

Response HubApi::metrics(const Request& request) const {
  const MetricsFormat format = metrics_format_for(request.header("Accept"));
  MetricsText text(format, parts_.hostname);
  add_hub_metrics(parts_.table, text);
  Response response;
  response.content_type = metrics_content_type(format);
  response.headers.emplace_back("Vary", "Accept");
  response.body = serve::make_text(text.take());
  return response;
}

}  // namespace wemol::hub
