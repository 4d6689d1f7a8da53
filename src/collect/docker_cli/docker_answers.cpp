#include "docker_answers.h"

#include <array>
#include <string_view>
#include <utility>

#include "docker_stats.h"
#include "text.h"

namespace wemol::docker {
namespace {

struct Remedy {
  std::string_view said;
  std::string_view advice;
};

// What the various versions of docker say, in parts that they share.
constexpr std::array kRemedies{
    Remedy{"ermission denied while trying to connect",
           "let the recorder's user use docker (group docker) and start it again"},
    Remedy{"Cannot connect to the Docker daemon", "see whether the docker service runs"},
    Remedy{"failed to connect to the docker API", "see whether the docker service runs"},
    Remedy{"is too old. Minimum supported API version",
           "install a docker client that fits the engine"},
    Remedy{"unable to resolve docker endpoint", "check DOCKER_CONTEXT and DOCKER_HOST"},
};

}  // namespace

std::string explain_failure(const std::string& kind, const CommandOutcome& outcome) {
  std::string text = kind + " " + outcome.describe();
  const std::string said = first_line(outcome.standard_error);
  if (!said.empty()) {
    text += ": " + said;
  }
  if (outcome.status == CommandOutcome::Status::not_found) {
    return text + "; install the docker client, or put it on the recorder's PATH";
  }
  for (const Remedy& remedy : kRemedies) {
    if (said.find(remedy.said) != std::string::npos) {
      return text.append("; ").append(remedy.advice);
    }
  }
  return text;
}

}  // namespace wemol::docker

namespace wemol {
namespace {

using docker::ListedContainer;

bool is_unreadable(const CommandOutcome& outcome, bool has_rows,
                   const std::vector<std::string>& messages) {
  return !outcome.succeeded() || (!has_rows && !messages.empty());
}

std::string why_unreadable(const std::string& kind, const CommandOutcome& outcome,
                           const std::vector<std::string>& messages) {
  return outcome.succeeded() ? kind + " printed what cannot be read: " + printable(messages.front())
                             : docker::explain_failure(kind, outcome);
}

Condition failure(const std::string& kind, const CommandOutcome& outcome,
                  const std::vector<std::string>& messages) {
  return {.key = kind,
          .severity = Severity::error,
          .message = why_unreadable(kind, outcome, messages) + "; nothing is recorded"};
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

}  // namespace

tl::expected<std::vector<ListedContainer>, Condition> read_listing(const CommandOutcome& outcome,
                                                                   Conditions& conditions) {
  auto output = docker::parse_ps(outcome.standard_output);
  if (is_unreadable(outcome, !output.containers.empty(), output.messages)) {
    return tl::make_unexpected(failure("docker ps", outcome, output.messages));
  }
  state_messages("docker ps", output.messages, conditions);
  return std::move(output.containers);
}

tl::expected<std::vector<engine::Event>, Condition> read_events(const CommandOutcome& outcome) {
  std::vector<engine::Event> events;
  std::vector<std::string> messages;
  for (const std::string_view line : complete_lines(outcome.standard_output)) {
    if (auto event = engine::parse_event(line)) {
      events.push_back(std::move(*event));
    } else {
      messages.emplace_back(line);
    }
  }
  if (const auto half = half_line(outcome.standard_output); !half.empty()) {
    messages.emplace_back(half);
  }
  if (outcome.succeeded() && messages.empty()) {
    return events;
  }
  return tl::make_unexpected(Condition{
      .key = "docker events",
      .severity = Severity::warning,
      .message = why_unreadable("docker events", outcome, messages) +
                 "; how tasks end is looked up with docker inspect until it works: the exit "
                 "code of those that are removed at their end is unknown, and those that "
                 "begin and end between two rounds are missed"});
}

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

}  // namespace wemol
