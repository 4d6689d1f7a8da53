#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert_engine.h"

namespace wemol::hub {

/// One line: "gpu7, GPU 3: temperature 91 °C, above 85 °C". For what is over: "…: over".
[[nodiscard]] std::string alert_title(const AlertNotice& notice, const AlertRule& rule);
/// The title with the rule's name, severity and since when.
[[nodiscard]] std::string alert_text(const AlertNotice& notice, const AlertRule& rule);

/// What a webhook gets: status, rule, severity, host, gpu, metric, value, threshold, since, title,
/// and as `text` what chat services show.
[[nodiscard]] std::string alert_json(const AlertNotice& notice, const AlertRule& rule);

/// The rule's command with {title}, {text}, {status}, {rule}, {severity}, {host}, {metric} and
/// {value} replaced in each argument. No shell reads them.
[[nodiscard]] std::vector<std::string> alert_command(const AlertNotice& notice,
                                                     const AlertRule& rule);

/// GET /api/alerts: `{"rules":[…],"alerts":[…]}`, without webhooks and commands, which may hold
/// secrets.
[[nodiscard]] std::string alerts_json(const AlertEngine& engine);

}  // namespace wemol::hub
