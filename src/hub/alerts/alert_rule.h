#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

namespace wemol::hub {

/// One [[alert]] of the settings.
struct AlertRule {
  std::string name;
  /// A figure, "system.memory.usage_percent"; of each GPU "gpu.*.temp"; or "offline".
  std::string metric;
  bool is_offline = false;
  bool is_of_gpu = false;
  bool is_below = false;  ///< fires below the threshold, else above it
  double threshold = 0;
  /// For how long it has to hold before it fires, and not to hold before it is resolved.
  std::chrono::seconds duration{};
  std::chrono::seconds resolve_after{60};
  std::string hosts = "*";  ///< which, with '*' for any characters
  std::string severity = "warning";
  std::string webhook;               ///< an URL; empty: none
  std::vector<std::string> command;  ///< argv, with {text} and the like in it; empty: none
  std::chrono::seconds repeat{};     ///< 0: said once
};

/// Reads the [[alert]] tables of a TOML document; other keys are somebody else's. The error names
/// the rule and the key.
///
///     [[alert]]
///     name = "hot"
///     metric = "gpu.temp"          # of each GPU; a host's: "system.memory.usage_percent";
///     "offline" above = 85                   # or below = … for = "5m" repeat = "4h" webhook =
///     "https://example.org/hook" command = ["/usr/local/bin/mail-admin", "{title}", "{text}"]
[[nodiscard]] Result<std::vector<AlertRule>> read_alert_rules(std::string_view toml);

/// "90s", "5m", "4h", "2d", or seconds.
[[nodiscard]] Result<std::chrono::seconds> parse_span(std::string_view text);

/// Whether a host's name is the pattern's, in which '*' stands for any characters.
[[nodiscard]] bool matches_host(std::string_view pattern, std::string_view host);

}  // namespace wemol::hub
