#include "docker_commands.h"

#include <algorithm>
#include <span>

#include "container_id.h"
#include "engine_messages.h"
#include "text.h"

namespace wemol::docker {
namespace {

std::string_view own_name(std::string_view names) {
  const auto all = split_fields(names, ',');
  const auto own =
      std::ranges::find_if(all, [](auto name) { return name.find('/') == std::string_view::npos; });
  return own == all.end() ? names : *own;
}

}  // namespace

std::vector<std::string> ps_arguments() {
  return {"docker", "ps", "--no-trunc", "--format", "{{.ID}}\t{{.Names}}\t{{.State}}"};
}

PsOutput parse_ps(std::string_view text) {
  PsOutput output;
  for (const std::string_view line : complete_lines(text)) {
    const auto fields = split_fields(line, '\t');
    const std::string_view name = fields.size() == 3 ? own_name(fields[1]) : std::string_view();
    if (!is_container_name(name) || !is_container_id(fields[0])) {
      output.messages.emplace_back(line);
      continue;
    }
    output.containers.push_back({.id = std::string(fields[0]),
                                 .name = std::string(name),
                                 .has_processes = fields[2] != "restarting"});
  }
  if (const std::string_view half = half_line(text); !half.empty()) {
    output.messages.emplace_back(half);
  }
  return output;
}

std::vector<std::string> events_arguments(WallTime since, WallTime until) {
  return {"docker",   "events",
          "--since",  engine::unix_time_text(since),
          "--until",  engine::unix_time_text(until),
          "--filter", "type=container",
          "--filter", "event=start",
          "--filter", "event=die",
          "--filter", "event=oom",
          "--format", "{{json .}}"};
}

namespace {

enum Column : std::size_t {
  kIdColumn,
  kRunningColumn,
  kStartedAtColumn,
  kFinishedAtColumn,
  kExitCodeColumn,
  kOomKilledColumn,
  kColumnCount
};

std::optional<bool> parse_flag(std::string_view text) {
  return text == "true" || text == "false" ? std::optional(text == "true") : std::nullopt;
}

}  // namespace

std::vector<std::string> inspect_arguments(const std::vector<std::string>& ids) {
  constexpr const char* kFormat =
      "{{.Id}}\t{{.State.Running}}\t{{.State.StartedAt}}\t{{.State.FinishedAt}}\t"
      "{{.State.ExitCode}}\t{{.State.OOMKilled}}";
  std::vector<std::string> arguments{"docker",    "inspect",  "--type",
                                     "container", "--format", kFormat};
  arguments.insert(arguments.end(), ids.begin(), ids.end());
  return arguments;
}

std::vector<InspectedRun> parse_inspect(std::string_view output) {
  std::vector<InspectedRun> runs;
  for (const std::string_view line : complete_lines(output)) {
    const auto fields = split_fields(line, '\t');
    if (fields.size() != kColumnCount || !is_container_id(fields[kIdColumn])) {
      continue;
    }
    InspectedRun run{.container_id = std::string(fields[kIdColumn]),
                     .is_running = fields[kRunningColumn] == "true",
                     .started_at = engine::parse_moment(fields[kStartedAtColumn]),
                     .finished_at = std::nullopt,
                     .exit_code = std::nullopt,
                     .oom_killed = parse_flag(fields[kOomKilledColumn])};
    if (!run.is_running) {
      run.finished_at = engine::parse_moment(fields[kFinishedAtColumn]);
      run.exit_code = parse_number<std::int64_t>(fields[kExitCodeColumn]);
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

bool has_answered_for_all(const CommandOutcome& outcome) {
  const bool some_are_gone = outcome.status == CommandOutcome::Status::exited &&
                             outcome.standard_error.find("No such") != std::string::npos;
  return outcome.succeeded() || some_are_gone;
}

std::vector<std::string> top_arguments(std::string_view container_id) {
  return {"docker", "top", std::string(container_id), "-eo", "pid"};
}

tl::expected<std::vector<std::uint64_t>, std::string> parse_top(std::string_view text) {
  const auto lines = complete_lines(text);
  if (lines.empty() || trimmed(lines.front()) != "PID") {
    return tl::make_unexpected(std::string(lines.empty() ? half_line(text) : lines.front()));
  }
  std::vector<std::uint64_t> pids;
  for (const std::string_view line : std::span(lines).subspan(1)) {
    const auto pid = parse_number<std::uint64_t>(trimmed(line));
    if (!pid) {
      return tl::make_unexpected(std::string(line));
    }
    pids.push_back(*pid);
  }
  if (const std::string_view half = half_line(text); !half.empty()) {
    return tl::make_unexpected(std::string(half));
  }
  return pids;
}

}  // namespace wemol::docker
