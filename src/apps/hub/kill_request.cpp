#include "kill_request.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bounded_json.h"
#include "report.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPids = 1'000;
constexpr int kDeepestBody = 8;
constexpr std::uint64_t kLargestPid = 1U << 22U;  // the kernel's own bound

tl::unexpected<serve::Response> refused(std::string_view message) {
  return tl::make_unexpected(serve::error_response(400, message));
}

void take_create_times(const Json& json, KillOrder& order) {
  const auto processes = json.find("processes");
  if (processes == json.end() || !processes->is_array()) {
    return;
  }
  for (const Json& process : *processes) {
    if (process.is_object() && process.contains("pid") && process.contains("create_time") &&
        process["pid"].is_number_unsigned() && process["create_time"].is_number()) {
      order.create_times[process["pid"].get<std::uint64_t>()] = process["create_time"];
    }
  }
  std::erase_if(order.create_times, [&](const auto& entry) {
    return std::ranges::find(order.pids, entry.first) == order.pids.end();
  });
}

}  // namespace

tl::expected<KillOrder, serve::Response> parse_kill_request(std::string_view body) {
  const Json json = parse_bounded_json(body, kDeepestBody);
  if (!json.is_object()) {
    return refused("the body is no JSON object");
  }
  const auto host = json.find("hostname");
  if (host == json.end() || host->is_null() ||
      (host->is_string() && host->get_ref<const std::string&>().empty())) {
    return refused("未提供主机名");
  }
  if (!host->is_string() || !is_host_name(host->get<std::string>())) {
    return refused("hostname: the name of a host is expected");
  }
  const auto pids = json.find("pids");
  if (pids == json.end() || pids->is_null() || (pids->is_array() && pids->empty())) {
    return refused("未提供进程 ID 列表");
  }
  if (!pids->is_array() || pids->size() > kMostPids) {
    return refused(fmt::format("pids: a list of {} at most is expected", kMostPids));
  }
  KillOrder order;
  order.host = host->get<std::string>();
  for (std::size_t i = 0; i < pids->size(); ++i) {
    const Json& pid = (*pids)[i];
    if (!pid.is_number_unsigned() || pid.get<std::uint64_t>() > kLargestPid) {
      return refused(fmt::format("pids[{}]: the id of a process is expected", i));
    }
    if (std::ranges::find(order.pids, pid.get<std::uint64_t>()) == order.pids.end()) {
      order.pids.push_back(pid.get<std::uint64_t>());
    }
  }
  take_create_times(json, order);
  return order;
}

serve::Response kill_answer(const std::vector<KillOutcome>& outcomes) {
  Json json{{"status", "success"}, {"message", "命令已发送到客户端"}};
  json["results"] = Json::array();
  for (const KillOutcome& outcome : outcomes) {
    json["results"].push_back(
        {{"pid", outcome.pid}, {"status", outcome.status}, {"message", outcome.message}});
  }
  return serve::json_response(json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace wemol::hub
