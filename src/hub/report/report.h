#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

namespace wemol::hub {

/// One number of a host at one moment: "system.cpu.usage_percent", "gpu.0.temp",
/// "container.task_7.cpu_percent".
struct Figure {
  std::string name;
  double value = 0;

  friend bool operator==(const Figure&, const Figure&) = default;
};

/// Each name once, in ascending order.
using Figures = std::vector<Figure>;

[[nodiscard]] std::optional<double> find_figure(const Figures& figures, std::string_view name);

/// What a host has said of itself.
struct Report {
  std::string hostname;
  /// The seconds between its reports, where it tells.
  std::optional<std::chrono::nanoseconds> interval;
  /// How old the sample was when it was sent.
  std::chrono::nanoseconds age{};
  /// Where other hosts reach its /metrics, where it tells.
  std::optional<std::uint16_t> metrics_port;
  std::string json;   ///< the whole report, compact, an object without is_online
  std::string tasks;  ///< those of its containers that have a task_id: a JSON array
  std::size_t gpu_count = 0;
  Figures figures;
};

struct ReportLimits {
  std::size_t body_bytes = std::size_t{8} << 20;
  std::size_t depth = 16;        ///< of lists and objects
  std::size_t values = 500'000;  ///< in the whole body, by a count of separators
  std::size_t text_bytes = std::size_t{64} << 10;
  std::size_t processes = 20'000;  ///< in the whole report
};

/// Letters, digits, '.', '-' and '_', at most 253; neither '.' nor '-' in front.
[[nodiscard]] bool is_host_name(std::string_view text);

/// Reads the body of a report, in the old collector's form or ours. What is missing or null is
/// unknown; only the host's name has to be there. The error is one clean line that names the field:
/// "gpu_data[3].memory_used: a number of 0 or more is expected, not a text".
[[nodiscard]] Result<Report> parse_report(std::string_view body, const ReportLimits& limits = {});

}  // namespace wemol::hub
