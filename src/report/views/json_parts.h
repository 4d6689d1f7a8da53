#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "distribution.h"
#include "module_figures.h"
#include "recorded_runs.h"
#include "run_selection.h"

namespace wemol::report {

/// What a report is about, whatever its command.
struct ReportContext {
  std::filesystem::path folder;
  WallTime now;
  bool samples_only = false;
  TimeWindow window;
  reading::ReadingReport reading;
};

/// Fit for a cell: printable.
[[nodiscard]] std::string module_text(const GroupKey& group);
/// "GeForce RTX 3090": the models without their maker; "none", "unknown".
[[nodiscard]] std::string gpu_text(const GroupKey& group);
[[nodiscard]] bool uses_no_gpu(const GroupKey& group);

/// Changes when a field changes its meaning or goes away; not when one is added.
inline constexpr const char* kJsonSchema = "wemol-report/1";

using Json = nlohmann::ordered_json;

/// As it is printed. UTF-8 whatever it holds.
[[nodiscard]] std::string json_document_text(const Json& json);

/// What the JSON of every command that reads recorded tasks begins with.
[[nodiscard]] Json json_head(std::string_view command, const ReportContext& context);

/// With at most `decimals` digits behind the point, a whole number with none; null when it is not
/// known.
[[nodiscard]] Json json_number(const std::optional<double>& number, int decimals);
[[nodiscard]] Json json_count(const std::optional<std::uint64_t>& number);
[[nodiscard]] Json json_time(const std::optional<WallTime>& time);
/// UTF-8 whatever the file held.
[[nodiscard]] Json json_text(std::string_view text);
/// known, p50, p95, max.
[[nodiscard]] Json json_spread(const Distribution& figure, int decimals);

/// What module and recommendation tell of the runs as a whole.
[[nodiscard]] Json json_runs(const ModuleFigures& figures);
/// A list of names, null when nobody knows.
[[nodiscard]] Json json_models(const GroupKey& group);

}  // namespace wemol::report
