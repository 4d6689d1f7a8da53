#include "hub_message.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bounded_json.h"
#include "text.h"

namespace wemol::hub_client {
namespace {

using MessageJson = nlohmann::ordered_json;

std::string compact(const MessageJson& json) {
  return json.dump(-1, ' ', false, MessageJson::error_handler_t::replace);
}

std::string text_at(const MessageJson& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>())
                                                     : std::string();
}

Result<HubMessage> parse_kill(const MessageJson& json) {
  const auto pids = json.find("pids");
  if (pids == json.end() || !pids->is_array() || pids->size() > kMostPids) {
    return failure(
        fmt::format("the hub's kill_processes has no list pids of {} at most", kMostPids));
  }
  KillRequest request;
  std::set<std::uint64_t> seen;
  for (const MessageJson& pid : *pids) {
    if (!pid.is_number_unsigned()) {
      return failure("the hub's kill_processes has a pid that is none");
    }
    if (seen.insert(pid.get<std::uint64_t>()).second) {
      request.pids.push_back(pid.get<std::uint64_t>());
    }
  }
  const auto times = json.find("create_times");
  if (times != json.end() && times->is_object()) {
    for (const auto& [key, time] : times->items()) {
      const auto pid = parse_number<std::uint64_t>(key);
      if (pid && time.is_number()) {
        request.create_times[*pid] = time.get<double>();
      }
    }
  }
  constexpr std::size_t kLongestId = 128;
  const auto id = json.find("id");
  if (id != json.end() && (id->is_string() || id->is_number())) {
    request.id = compact(*id);
    request.id = request.id.size() > kLongestId ? std::string() : request.id;
  }
  request.requested_by = text_at(json, "requested_by");
  return request;
}

std::string_view word_of(KillOutcome outcome) {
  return outcome == KillOutcome::killed ? "success" : "error";
}

std::string sentence(const KillResult& result) {
  switch (result.outcome) {
    case KillOutcome::killed:
      return fmt::format("进程 {} 已终止", result.pid);
    case KillOutcome::gone:
      return fmt::format("进程 {} 不存在", result.pid);
    case KillOutcome::alive:
      return fmt::format("进程 {} 尚未结束", result.pid);
    case KillOutcome::denied:
      break;
  }
  return fmt::format("没有权限终止进程 {}", result.pid);
}

}  // namespace

Result<HubMessage> parse_hub_message(std::string_view text) {
  // What is far deeper than any message is left out: it is taken apart by recursion.
  constexpr int kDeepest = 8;
  const MessageJson json = parse_bounded_json(text, kDeepest);
  if (!json.is_object()) {
    return failure("what the hub says is no JSON object");
  }
  const std::string type = text_at(json, "type");
  if (type == "register_response") {
    return RegisterAnswer{text_at(json, "status") == "success", text_at(json, "message")};
  }
  return type == "kill_processes" ? parse_kill(json) : Result<HubMessage>(OtherMessage{});
}

std::string register_message(std::string_view hostname, std::string_view token) {
  MessageJson json{{"type", "register"}, {"hostname", hostname}};
  if (!token.empty()) {
    json["token"] = token;
  }
  return compact(json);
}

std::string kill_result_message(const KillRequest& request,
                                const std::vector<KillResult>& results) {
  const auto killed = std::ranges::count(results, KillOutcome::killed, &KillResult::outcome);
  const bool is_all = static_cast<std::size_t>(killed) == results.size();
  MessageJson json{{"type", "kill_process_result"},
                   {"status", is_all ? "success" : "error"},
                   {"message", fmt::format("成功终止 {}/{} 个进程", killed, results.size())}};
  if (!request.id.empty()) {
    json["id"] = MessageJson::parse(request.id, nullptr, false);
  }
  json["results"] = MessageJson::array();
  for (const KillResult& result : results) {
    json["results"].push_back(
        {{"pid", result.pid}, {"status", word_of(result.outcome)}, {"message", sentence(result)}});
  }
  return compact(json);
}

}  // namespace wemol::hub_client
