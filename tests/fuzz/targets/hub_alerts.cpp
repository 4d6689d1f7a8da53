#include "alert_rule.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_alerts(std::string_view input) {
  const auto rules = hub::read_alert_rules(input);
  if (!rules) {
    require_fit_for_log({{.key = "alert", .message = rules.error().message}});
    return;
  }
  for (const hub::AlertRule& rule : *rules) {
    require(!rule.name.empty() && is_clean_line(rule.name), "a rule has a name");
    require(rule.duration.count() >= 0 && rule.repeat.count() >= 0, "spans are positive");
    require(rule.is_offline == (rule.metric == "offline"), "a rule is of a figure or of the host");
    (void)hub::matches_host(rule.hosts, "gpu7.example.org");
  }
}

const Target hub_alerts_target("hub_alerts", check_alerts);

}  // namespace
}  // namespace wemol::fuzz
