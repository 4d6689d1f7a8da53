#include "request.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "bounded_json.h"

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;
using Action = Request::Action;

constexpr int kDeepestRequest = 4;

constexpr std::array<std::pair<Action, std::string_view>, 8> kActions{{
    {Action::status, "status"},
    {Action::add, "add"},
    {Action::cancel, "cancel"},
    {Action::retry, "retry"},
    {Action::skip, "skip"},
    {Action::hold, "hold"},
    {Action::release, "release"},
    {Action::wait, "wait"},
}};

std::string line_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<std::uint64_t> count_at(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned()
             ? std::optional(found->get<std::uint64_t>())
             : std::nullopt;
}

std::optional<std::string> text_at(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                   : std::nullopt;
}

std::optional<JobSpec> spec_in(const ordered_json& json) {
  JobSpec spec;
  const auto queue = text_at(json, "queue");
  const auto memory = count_at(json, "memory_bytes");
  const auto gpus = count_at(json, "gpus");
  const auto commands = json.find("commands");
  constexpr std::uint64_t kMostGpus = 1024;
  if (!queue || !memory || !gpus || *gpus < 1 || *gpus > kMostGpus || commands == json.end() ||
      !commands->is_array() || commands->empty()) {
    return std::nullopt;
  }
  for (const ordered_json& command : *commands) {
    if (!command.is_string()) {
      return std::nullopt;
    }
    spec.commands.push_back(command.get<std::string>());
  }
  spec.queue = *queue;
  spec.memory_bytes = *memory;
  spec.gpus = static_cast<unsigned>(*gpus);
  spec.after = count_at(json, "after");
  return spec;
}

ordered_json json_of(const JobSpec& spec) {
  ordered_json json{{"queue", spec.queue},
                    {"memory_bytes", spec.memory_bytes},
                    {"gpus", spec.gpus},
                    {"commands", spec.commands}};
  if (spec.after) {
    json["after"] = *spec.after;
  }
  return json;
}

JobsWanted wanted_in(const ordered_json& json) {
  const auto jobs = [&](const char* key) -> std::size_t {
    return std::min<std::uint64_t>(count_at(json, key).value_or(JobsWanted::kUsual),
                                   JobsWanted::kMost);
  };
  return {
      .pending = jobs("pending"), .ended = jobs("ended"), .page_from = count_at(json, "page_from")};
}

void set_wanted(ordered_json& json, const JobsWanted& wanted) {
  if (wanted.page_from) {
    json["page_from"] = *wanted.page_from;
    return;
  }
  json["pending"] = wanted.pending;
  json["ended"] = wanted.ended;
}

bool is_complete(const Request& request) {
  switch (request.action) {
    case Action::status:
    case Action::wait:
      return true;
    case Action::add:
      return request.spec.has_value();
    case Action::cancel:
    case Action::retry:
    case Action::skip:
      return request.jobs.size() == 1;
    case Action::hold:
    case Action::release:
      return !request.queue.empty();
  }
  return false;
}

}  // namespace

std::string_view name_of(Action action) {
  return std::ranges::find(kActions, action, [](const auto& entry) { return entry.first; })->second;
}

std::string to_json(const Request& request) {
  ordered_json json{{"action", name_of(request.action)}};
  if (!request.jobs.empty()) {
    json["jobs"] = request.jobs;
  }
  if (!request.queue.empty()) {
    json["queue"] = request.queue;
  }
  if (request.spec) {
    json["spec"] = json_of(*request.spec);
  }
  if (request.action == Action::status) {
    set_wanted(json, request.wanted);
  }
  return line_of(json);
}

Result<Request> parse_request(std::string_view line) {
  const ordered_json json = parse_bounded_json(line, kDeepestRequest);
  if (!json.is_object()) {
    return failure("the request is no JSON object");
  }
  const std::string action = text_at(json, "action").value_or("");
  const auto* const found = std::ranges::find(kActions, std::string_view(action),
                                              [](const auto& entry) { return entry.second; });
  if (found == kActions.end()) {
    return failure("the request names no action that this version knows");
  }
  Request request{.action = found->first,
                  .queue = text_at(json, "queue").value_or(""),
                  .wanted = wanted_in(json)};
  if (const auto jobs = json.find("jobs"); jobs != json.end() && jobs->is_array()) {
    for (const ordered_json& job : *jobs) {
      if (!job.is_number_unsigned()) {
        return failure("a job is named by its number");
      }
      request.jobs.push_back(job.get<JobId>());
    }
  }
  if (const auto spec = json.find("spec"); spec != json.end() && spec->is_object()) {
    request.spec = spec_in(*spec);
  }
  if (!is_complete(request)) {
    return failure(fmt::format("the request \"{}\" lacks what it needs", action));
  }
  return request;
}

std::string refusal_json(std::string_view why) {
  return line_of(ordered_json{{"error", why}});
}

}  // namespace wemol::queue
