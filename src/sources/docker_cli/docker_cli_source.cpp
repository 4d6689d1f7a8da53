#include "docker_cli_source.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include <tl/expected.hpp>

#include "container_id.h"
#include "docker_failure.h"
#include "docker_stats.h"
#include "printable.h"

namespace wemol {
namespace {

using docker::ListedContainer;
using Status = CommandOutcome::Status;

constexpr const char* kLate = "what it reads is recorded when it answers";

std::vector<Container> without_readings(const std::vector<ListedContainer>& listed) {
  std::vector<Container> containers;
  containers.reserve(listed.size());
  for (const ListedContainer& container : listed) {
    containers.push_back({.id = container.id, .name = container.name, .stats = std::nullopt});
  }
  return containers;
}

bool is_unreadable(const CommandOutcome& outcome, bool has_rows,
                   const std::vector<std::string>& messages) {
  return !outcome.succeeded() || (!has_rows && !messages.empty());
}

Condition failure(const std::string& kind, const CommandOutcome& outcome,
                  const std::vector<std::string>& messages) {
  const std::string why =
      outcome.succeeded() ? kind + " printed what cannot be read: " + printable(messages.front())
                          : docker::explain_failure(kind, outcome);
  return {.key = kind, .severity = Severity::error, .message = why + "; nothing is recorded"};
}

void state_messages(const std::string& kind, const std::vector<std::string>& messages,
                    Conditions& conditions) {
  if (!messages.empty()) {
    conditions.push_back(
        {.key = kind + " messages",
         .severity = Severity::warning,
         .message = kind + " printed what cannot be read: " + printable(messages.front())});
  }
}

/// The listed containers; nothing when docker ps failed.
tl::expected<std::vector<ListedContainer>, Condition> read_listing(const CommandOutcome& outcome,
                                                                   Conditions& conditions) {
  auto output = docker::parse_ps(outcome.standard_output);
  if (is_unreadable(outcome, !output.containers.empty(), output.messages)) {
    return tl::make_unexpected(failure("docker ps", outcome, output.messages));
  }
  state_messages("docker ps", output.messages, conditions);
  return std::move(output.containers);
}

using StatsByShortId = std::unordered_map<std::string, std::optional<ContainerStats>>;

/// What docker stats printed; nothing when it failed.
tl::expected<StatsByShortId, Condition> read_stats(const CommandOutcome& outcome,
                                                   Conditions& conditions) {
  auto output = docker::parse_stats(outcome.standard_output);
  if (is_unreadable(outcome, !output.rows.empty(), output.messages)) {
    return tl::make_unexpected(failure("docker stats", outcome, output.messages));
  }
  state_messages("docker stats", output.messages, conditions);
  StatsByShortId stats;
  for (docker::StatsRow& row : output.rows) {
    stats[std::move(row.short_id)] = std::move(row.stats);
  }
  return stats;
}

void add_stats(const StatsByShortId& stats, WallTime read_at, std::vector<Container>& containers) {
  for (Container& container : containers) {
    const auto found = stats.find(std::string(short_container_id(container.id)));
    if (found != stats.end()) {
      container.stats = found->second;
      if (container.stats) {
        container.stats->read_at = read_at;
      }
    }
  }
}

}  // namespace

DockerCliSource::DockerCliSource(CommandRunner& runner, const FileReader& files, const Clock& clock,
                                 IsTask is_task,
                                 std::optional<std::chrono::nanoseconds> time_to_read)
    : clock_(clock),
      is_task_(std::move(is_task)),
      time_to_read_(time_to_read),
      ps_(runner, "docker ps"),
      stats_(runner, "docker stats"),
      gpu_reader_(runner),
      gpu_process_owners_(runner, files) {}

std::optional<Facts> DockerCliSource::collect() {
  return collect_by(time_to_read_ ? clock_.now() + *time_to_read_ : SteadyTime::max());
}

Facts DockerCliSource::remaining() {
  const bool is_waiting = ps_.is_running() || stats_.is_running();
  return is_waiting ? collect_by(SteadyTime::max()).value_or(Facts{}) : Facts{};
}

std::optional<Facts> DockerCliSource::collect_by(SteadyTime due) {
  Facts facts;
  if (!stats_.is_running()) {
    ps_.start(docker::ps_arguments());
    const auto ps = ps_.finish_by(due);
    if (ps && ps->status == Status::canceled) {
      return std::nullopt;
    }
    if (!ps) {
      facts.conditions.push_back(ps_.why_late(kLate));
    }
    if (!ps || !begin_stats(*ps, facts)) {
      return facts;
    }
  }
  facts.containers = without_readings(listed_);
  read_gpus(due, facts);
  const auto stats = stats_.finish_by(due);
  if (stats && stats->status == Status::canceled) {
    return std::nullopt;
  }
  if (stats) {
    finish_stats(*stats, facts);
  } else {
    facts.conditions.push_back(stats_.why_late(kLate));
  }
  return facts;
}

bool DockerCliSource::begin_stats(const CommandOutcome& ps, Facts& facts) {
  auto listed = read_listing(ps, facts.conditions);
  if (!listed) {
    facts.conditions.push_back(listed.error());
    ps_.note_result(std::move(listed.error()));
    return false;
  }
  ps_.note_result(std::nullopt);
  listed_ = std::move(*listed);
  if (listed_tasks().empty()) {
    facts.containers = without_readings(listed_);
    return false;
  }
  stats_started_at_ = clock_.wall_now();
  stats_.start(docker::stats_arguments());
  return true;
}

void DockerCliSource::finish_stats(const CommandOutcome& outcome, Facts& facts) {
  auto stats = read_stats(outcome, facts.conditions);
  if (!stats) {
    facts.conditions.push_back(stats.error());
    stats_.note_result(std::move(stats.error()));
    return;
  }
  stats_.note_result(std::nullopt);
  const auto took = std::chrono::duration_cast<WallTime::duration>(outcome.took);
  add_stats(*stats, stats_started_at_ + took, *facts.containers);
}

std::vector<ListedContainer> DockerCliSource::listed_tasks() const {
  std::vector<ListedContainer> tasks;
  std::ranges::copy_if(listed_, std::back_inserter(tasks),
                       [&](const ListedContainer& container) { return is_task_(container.name); });
  return tasks;
}

void DockerCliSource::read_gpus(SteadyTime due, Facts& facts) {
  auto readings = gpu_reader_.read(due);
  std::ranges::move(readings.conditions, std::back_inserter(facts.conditions));
  facts.gpu_devices = std::move(readings.devices);
  facts.gpu_processes = std::move(readings.processes);
  if (facts.gpu_processes) {
    gpu_process_owners_.attribute(*facts.gpu_processes, listed_, listed_tasks(), due,
                                  facts.conditions);
  }
}

}  // namespace wemol
