#include "docker_inspect.h"

#include "container_id.h"
#include "engine_messages.h"
#include "text_fields.h"

namespace wemol::docker {
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

}  // namespace wemol::docker
