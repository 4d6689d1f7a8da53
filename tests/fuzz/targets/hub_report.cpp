#include <cmath>

#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include "properties.h"
#include "report.h"

namespace wemol::fuzz {
namespace {

void check_report(std::string_view input) {
  const auto report = hub::parse_report(input);
  if (!report) {
    require_fit_for_log({{.key = "report", .message = report.error().message}});
    return;
  }
  require(hub::is_host_name(report->hostname), "the host has a name");
  require(report->age.count() >= 0, "a sample is not from the future");
  require(!report->interval || report->interval->count() >= 0, "intervals are positive");
  require(is_utf8(report->json), "the report is UTF-8");
  const auto json = nlohmann::json::parse(report->json, nullptr, false);
  require(json.is_object() && json.at("hostname") == report->hostname, "the report is kept");
  require(!json.contains("is_online"), "a host does not say itself whether it is online");
  require(nlohmann::json::parse(report->tasks, nullptr, false).is_array(), "tasks are a list");
  std::string_view before;
  for (const hub::Figure& figure : report->figures) {
    require(before < figure.name, "figures are in order, each once");
    require(std::isfinite(figure.value), "a figure is a number");
    require(is_clean_line(figure.name), "a figure's name is clean");
    before = figure.name;
  }
  const auto again = hub::parse_report(report->json);
  require(again && again->json == report->json && again->figures == report->figures,
          "what is kept says the same");
}

const Target hub_report_target("hub_report", check_report);

}  // namespace
}  // namespace wemol::fuzz
