#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/host_sample.h>

#include "snapshot_reader.h"
#include "terminal_session.h"

namespace wemol::hub_client {

/// What a report is made of. What is absent is unknown, and null in it.
struct ReportParts {
  std::string_view hostname;
  const HostSample& sample;
  std::chrono::nanoseconds interval{};        ///< between reports
  std::string_view ip_address;                ///< empty: unknown
  std::optional<std::uint16_t> metrics_port;  ///< where other hosts reach /metrics
  const PublishedTasks* tasks = nullptr;
  const std::optional<TerminalSessions>* screen_sessions = nullptr;
  const std::optional<TerminalSessions>* tmux_sessions = nullptr;
};

enum class Detail {
  all,
  figures,  ///< what has a history: neither processes nor sessions
};

/// At most so many processes are in one report: those on GPUs first, then those that use most CPU.
inline constexpr std::size_t kMostProcesses = 5'000;
/// The command lines of one report together.
inline constexpr std::size_t kMostCommandLineBytes = std::size_t{2} << 20;

/// The body of POST /api/report-gpu-stats, an object without `age`: the keys of the old collector
/// in its units (MiB, percent), and ours beside them. `record` is the host's record.
[[nodiscard]] std::string hub_report_json(const ReportParts& parts, Detail detail);

/// The report as it is sent: with the time since its sample.
[[nodiscard]] std::string with_age(std::string_view report, std::chrono::nanoseconds age);

/// The host's name as the hub takes it: letters, digits, '.', '-' and '_', at most 253. Others
/// become '-'.
[[nodiscard]] std::string reported_host_name(std::string_view hostname);

}  // namespace wemol::hub_client
