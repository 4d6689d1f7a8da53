#include "agent_api.h"

#include <utility>

#include <fmt/format.h>

#include "agent_documents.h"
#include "host_json.h"
#include "host_metrics.h"
#include "task_metrics.h"
#include "text.h"
#include "version.h"

namespace wemol::agent {
namespace {

using serve::Request;
using serve::Response;

Response no_sample_yet() {
  Response response = serve::error_response(503, "there is no sample of this host yet");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

serve::Handler json_handler(std::function<std::string()> make) {
  return
      [make = std::move(make)](const Request& /*request*/) { return serve::json_response(make()); };
}

}  // namespace

AgentApi::AgentApi(Parts parts) : parts_(std::move(parts)), started_at_(parts_.clock.wall_now()) {}

std::optional<Response> AgentApi::foreign_node(const Request& request) const {
  const auto node = request.target.query.find("node_id");
  if (node == request.target.query.end() || node->second == parts_.node_id) {
    return std::nullopt;
  }
  return serve::error_response(404, fmt::format("there is no node {} here, only {}",
                                                printable(node->second), parts_.node_id));
}

void AgentApi::add(serve::Router& router, const std::string& path, serve::Handler handler) const {
  router.add("GET", path, [this, handler = std::move(handler)](const Request& request) {
    auto foreign = foreign_node(request);
    return foreign ? std::move(*foreign) : handler(request);
  });
}

void AgentApi::add_of_sample(serve::Router& router, const std::string& path,
                             FromSample make) const {
  add(router, path, [this, make = std::move(make)](const Request& /*request*/) {
    const HostSource::Sample newest = parts_.host.newest();
    return newest ? serve::json_response(make(*newest)) : no_sample_yet();
  });
}

void AgentApi::add_to(serve::Router& router) const {
  const auto record = [this](const HostSample& sample) {
    return record_json(sample, parts_.node_id);
  };
  const auto list = [record](const HostSample& sample) { return "[" + record(sample) + "]"; };
  add(router, "/api/health", [this](const Request& /*request*/) { return health(); });
  add(router, "/api/system/info", json_handler([this] { return info(); }));
  add_of_sample(router, "/api/system/metrics", list);
  add(router, "/api/v1/system/info", json_handler([this] { return wrapped(info()); }));
  add_of_sample(router, "/api/v1/system/metrics",
                [=](const HostSample& sample) { return wrapped(record(sample)); });
  add(router, "/api/v1/system/status", json_handler([this] { return wrapped(status()); }));
  add(router, "/api/v1/cluster/info", json_handler([this] { return wrapped(cluster_info()); }));
  add_of_sample(router, "/api/v1/cluster/metrics",
                [=](const HostSample& sample) { return wrapped(list(sample)); });
  add_of_sample(router, "/api/v1/hardware/accelerators", [](const HostSample& sample) {
    return wrapped(part_of_record(sample, "accelerators"));
  });
  add_of_sample(router, "/api/v1/hardware/cpu", [this](const HostSample& sample) {
    return wrapped(cpu_json(parts_.host.system_info(), sample));
  });
  add(router, "/api/v1/tasks", [this](const Request& /*request*/) { return tasks(); });
  add(router, "/metrics", [this](const Request& request) { return metrics(request); });
  router.add_websocket(
      "/ws/system-metrics",
      [this](const Request& request) -> tl::expected<serve::Subscription, Response> {
        if (auto foreign = foreign_node(request)) {
          return tl::make_unexpected(std::move(*foreign));
        }
        return parts_.feed.subscribe();
      });
}

Response AgentApi::health() const {
  const auto problem = parts_.watch.problem(parts_.clock.now());
  Response response = serve::json_response(health_json(problem, parts_.clock.wall_now()));
  response.status = problem ? 503 : 200;
  return response;
}

std::string AgentApi::info() const {
  return system_info_json(parts_.host.system_info(), parts_.host.newest().get());
}

std::string AgentApi::task_problem() const {
  if (parts_.tasks == nullptr) {
    return "no --recorder-socket is set, so the tasks are unknown";
  }
  return parts_.tasks->newest() ? std::string() : parts_.tasks->problem();
}

std::string AgentApi::status() const {
  const HostSource::Sample newest = parts_.host.newest();
  const SystemInfo info = parts_.host.system_info();
  const auto problem = parts_.watch.problem(parts_.clock.now());
  const std::string tasks = task_problem();
  return status_json(
      {.node = {.id = parts_.node_id, .info = info, .newest = newest.get(), .is_sampled = !problem},
       .version = kVersion,
       .problem = problem,
       .started_at = started_at_,
       .now = parts_.clock.wall_now(),
       .interval_seconds = std::chrono::duration<double>(parts_.watch.interval()).count(),
       .websocket_clients = parts_.feed.clients(),
       .tasks = tasks});
}

std::string AgentApi::cluster_info() const {
  const HostSource::Sample newest = parts_.host.newest();
  const SystemInfo info = parts_.host.system_info();
  return cluster_info_json({.id = parts_.node_id,
                            .info = info,
                            .newest = newest.get(),
                            .is_sampled = !parts_.watch.problem(parts_.clock.now())});
}

Response AgentApi::tasks() const {
  const std::string problem = task_problem();
  if (!problem.empty()) {
    return serve::error_response(503, problem);
  }
  return serve::json_response(tasks_json(*parts_.tasks->newest()));
}

Response AgentApi::metrics(const Request& request) const {
  const HostSource::Sample newest = parts_.host.newest();
  if (!newest) {
    return no_sample_yet();
  }
  const MetricsFormat format = metrics_format_for(request.header("Accept"));
  MetricsText text(format, parts_.host.system_info().hostname);
  if (parts_.watch.problem(parts_.clock.now())) {
    add_sample_time(*newest, text);  // the figures would look as if they were of now
  } else {
    add_host_metrics(*newest, text);
  }
  if (parts_.tasks != nullptr && parts_.tasks->newest()) {
    add_task_metrics(*parts_.tasks->newest(), text);
  }
  Response response;
  response.content_type = metrics_content_type(format);
  response.headers.emplace_back("Vary", "Accept");
  response.body = serve::make_text(text.take());
  return response;
}

}  // namespace wemol::agent
