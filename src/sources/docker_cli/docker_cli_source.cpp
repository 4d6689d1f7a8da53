#include "docker_cli_source.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "container_id.h"
#include "docker_failure.h"
#include "docker_stats.h"
#include "printable.h"

namespace wemol {
namespace {

using docker::ListedContainer;
using Status = CommandOutcome::Status;

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

std::string why_unreadable(const std::string& kind, const CommandOutcome& outcome,
                           const std::vector<std::string>& messages) {
  return outcome.succeeded() ? kind + " printed what cannot be read: " + printable(messages.front())
                             : docker::explain_failure(kind, outcome);
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
std::optional<std::vector<ListedContainer>> read_listing(const CommandOutcome& outcome,
                                                         Conditions& conditions) {
  auto output = docker::parse_ps(outcome.standard_output);
  if (is_unreadable(outcome, !output.containers.empty(), output.messages)) {
    conditions.push_back({.key = "docker ps",
                          .severity = Severity::error,
                          .message = why_unreadable("docker ps", outcome, output.messages) +
                                     "; nothing is recorded"});
    return std::nullopt;
  }
  state_messages("docker ps", output.messages, conditions);
  return std::move(output.containers);
}

/// Puts the readings that docker stats printed to their containers.
void add_stats(const CommandOutcome& outcome, WallTime read_at, Facts& facts) {
  auto output = docker::parse_stats(outcome.standard_output);
  if (is_unreadable(outcome, !output.rows.empty(), output.messages)) {
    facts.conditions.push_back(
        {.key = "docker stats",
         .severity = Severity::error,
         .message =
             why_unreadable("docker stats", outcome, output.messages) + "; nothing is recorded"});
    return;
  }
  state_messages("docker stats", output.messages, facts.conditions);
  std::unordered_map<std::string, std::optional<ContainerStats>> stats;
  for (docker::StatsRow& row : output.rows) {
    stats[std::move(row.short_id)] = std::move(row.stats);
  }
  for (Container& container : *facts.containers) {
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
                                 IsTask is_task)
    : runner_(runner),
      clock_(clock),
      is_task_(std::move(is_task)),
      gpu_reader_(runner),
      gpu_process_owners_(runner, files) {}

std::optional<Facts> DockerCliSource::collect() {
  Facts facts;
  const CommandOutcome ps = runner_.run({.kind = "docker ps", .argv = docker::ps_arguments()});
  if (ps.status == Status::canceled) {
    return std::nullopt;
  }
  const auto listed = read_listing(ps, facts.conditions);
  if (!listed) {
    return facts;
  }
  facts.containers = without_readings(*listed);
  std::vector<ListedContainer> tasks;
  std::ranges::copy_if(*listed, std::back_inserter(tasks),
                       [&](const ListedContainer& container) { return is_task_(container.name); });
  if (tasks.empty()) {
    return facts;
  }
  const auto stats_ticket =
      runner_.start({.kind = "docker stats", .argv = docker::stats_arguments()});
  read_gpus(*listed, tasks, facts);
  const CommandOutcome stats = runner_.finish(stats_ticket);
  if (stats.status == Status::canceled) {
    return std::nullopt;
  }
  add_stats(stats, clock_.wall_now(), facts);
  return facts;
}

void DockerCliSource::read_gpus(const std::vector<ListedContainer>& listed,
                                const std::vector<ListedContainer>& tasks, Facts& facts) {
  auto readings = gpu_reader_.read();
  std::ranges::move(readings.conditions, std::back_inserter(facts.conditions));
  facts.gpu_devices = std::move(readings.devices);
  facts.gpu_processes = std::move(readings.processes);
  if (facts.gpu_processes) {
    gpu_process_owners_.attribute(*facts.gpu_processes, listed, tasks, facts.conditions);
  }
}

}  // namespace wemol
