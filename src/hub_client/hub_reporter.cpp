#include "hub_reporter.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace wemol::hub_client {

HubReporter::HubReporter(boost::asio::io_context& context, Settings settings, const Clock& clock,
                         const TaskSource* tasks)
    : settings_(std::move(settings)),
      clock_(clock),
      tasks_(tasks),
      killer_(context, settings_.killer, {getpid(), getpgrp()}),
      sender_(context, settings_.access, settings_.sender, clock),
      link_(context, settings_.access, settings_.link, clock,
            [this](const KillRequest& request, const HubLink::Reply& reply) {
              kill(request, reply);
            }) {}

HubReporter::~HubReporter() = default;

/// Samples are not exactly on time, and come more often while somebody looks on.
bool HubReporter::is_due(SteadyTime measured_at) {
  const auto early = settings_.interval / 10;
  if (measured_at < due_ - early) {
    return false;
  }
  due_ += settings_.interval;
  if (due_ <= measured_at + early) {  // it was long ago
    due_ = measured_at + settings_.interval;
  }
  return true;
}

void HubReporter::take(const HostSample& sample) {
  if (!is_due(sample.measured_at)) {
    return;
  }
  reported_.note(sample);
  const std::optional<PublishedTasks> none;
  const auto& published = tasks_ == nullptr ? none : tasks_->newest();
  const std::string& address = sender_.local_address();
  const ReportParts parts{.hostname = settings_.access.hostname,
                          .sample = sample,
                          .interval = settings_.interval,
                          .ip_address = address.empty() ? settings_.ip_address : address,
                          .metrics_port = settings_.metrics_port,
                          .tasks = published ? &*published : nullptr,
                          .screen_sessions = &sessions_.screen,
                          .tmux_sessions = &sessions_.tmux};
  // What comes late is history, and that has neither processes nor sessions.
  const Detail detail = sender_.problem().empty() ? Detail::all : Detail::figures;
  sender_.offer(hub_report_json(parts, detail), sample.measured_at);
}

void HubReporter::kill(const KillRequest& request, const HubLink::Reply& reply) {
  const std::string requested_by = request.requested_by.empty() ? "the hub" : request.requested_by;
  std::vector<KillResult> refused;
  std::vector<KillTarget> targets;
  for (const std::uint64_t pid : request.pids) {
    const auto time = request.create_times.find(pid);
    const auto target = reported_.find(
        pid, time == request.create_times.end() ? std::nullopt : std::optional(time->second),
        clock_.now());
    if (pid <= 1 || (target && !settings_.kills.allows(*target))) {
      refused.push_back({pid, KillOutcome::denied});
    } else if (!target) {
      refused.push_back(
          {pid, settings_.kills.users.empty() ? KillOutcome::denied : KillOutcome::gone});
    } else {
      targets.push_back(*target);
    }
  }
  if (!refused.empty()) {
    spdlog::warn(
        "{} asks to end {} of {} processes that it may not (hub-kill-users) or that are "
        "gone",
        requested_by, refused.size(), request.pids.size());
  }
  killer_.kill(targets, requested_by, [request, reply, refused](std::vector<KillResult> results) {
    results.insert(results.end(), refused.begin(), refused.end());
    reply(kill_result_message(request, results));
  });
}

}  // namespace wemol::hub_client
