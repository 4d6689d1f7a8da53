#include <string>

#include <nlohmann/json.hpp>

#include "full_host_sample.h"
#include "fuzz_target.h"
#include "hub_report.h"
#include "properties.h"
#include "report.h"

namespace wemol::fuzz {
namespace {

/// Names from outside, and what the recorder's socket says.
const Target agent_report_target("agent_report", [](std::string_view input) {
  const auto [text, tasks_text] = split_parts(input);
  HostSample sample = test::full_host_sample();
  sample.gpus->front().name = text;
  ProcessSample process;
  process.facts.pid = 1;
  process.facts.name = text;
  process.facts.command_line = text;
  process.user = text;
  sample.process_list = {process};
  sample.gpu_processes = {{.pid = 1, .gpu_uuid = sample.gpus->front().uuid}};
  const PublishedTasks tasks{.taken_at = "", .tasks = std::string(tasks_text)};
  const std::string name = hub_client::reported_host_name(text);
  for (const auto detail : {hub_client::Detail::all, hub_client::Detail::figures}) {
    const std::string report =
        hub_client::hub_report_json({.hostname = name, .sample = sample, .tasks = &tasks}, detail);
    require(is_utf8(report), "a report is UTF-8");
    const auto json = nlohmann::json::parse(hub_client::with_age(report, {}), nullptr, false);
    require(json.is_object() && json.contains("age") && json.contains("record"),
            "a report is a JSON object");
    const auto received = hub::parse_report(report);
    // Of a recorder that says what it never said the hub takes nothing.
    require(name.empty() || !tasks_text.empty() || (received && received->hostname == name),
            "the hub takes what an agent reports");
  }
});

}  // namespace
}  // namespace wemol::fuzz
