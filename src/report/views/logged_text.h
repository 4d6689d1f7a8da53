#pragma once

#include <optional>
#include <string>
#include <vector>

#include "logged_run.h"

namespace wemol::report {

/// One run's file, read.
struct LoggedRunReport {
  std::filesystem::path file;
  LoggedRun run;
  reading::LoggedReading reading;
};

/// Which metrics are wanted: those with one of these texts in their name.
class MetricSelection {
 public:
  explicit MetricSelection(std::vector<std::string> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] bool is_all() const { return parts_.empty(); }
  [[nodiscard]] bool has(const LoggedMetric& metric) const;
  /// Those that a person wants to see: what there is for each CPU only when it is asked for.
  [[nodiscard]] bool shows(const LoggedMetric& metric) const;

 private:
  std::vector<std::string> parts_;
};

/// With its unit: "38 %", "1.25 GiB/s", "12.35".
[[nodiscard]] std::string metric_text(const HostKey* key, const std::optional<double>& value);
/// The same of a difference: "+12 %", "-1.2 GiB".
[[nodiscard]] std::string difference_text(const HostKey* key, const std::optional<double>& value);
/// "percent", "bytes_per_second"; empty: it has none, or it is unknown.
[[nodiscard]] std::string_view unit_name(const HostKey* key);

/// "2026-01-15 10:30:00".
[[nodiscard]] std::string moment_text(double seconds_since_1970);
/// "1:02:03", and "12.5 s" for what is short.
[[nodiscard]] std::string span_text(double seconds);
/// The file's name without its end.
[[nodiscard]] std::string run_name(const LoggedRunReport& report);
/// "0 to 999".
[[nodiscard]] std::string steps_text(const LoggedRun& run);

/// What was not read or is not shown, a sentence each.
[[nodiscard]] std::vector<std::string> logged_notes(const LoggedRunReport& report,
                                                    const MetricSelection& selection);

}  // namespace wemol::report
