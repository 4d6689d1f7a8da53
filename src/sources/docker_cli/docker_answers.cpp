#include "docker_answers.h"

#include <utility>

#include "docker_failure.h"
#include "docker_stats.h"
#include "printable.h"
#include "text_fields.h"

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
                 "code of those that are removed at their end is not known, and those that "
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
