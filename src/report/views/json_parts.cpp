#include "json_parts.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "text.h"
#include "time_text.h"

namespace wemol::report {

std::string module_text(const GroupKey& group) {
  return printable(group.module_name);
}

std::string gpu_text(const GroupKey& group) {
  constexpr std::string_view kMaker = "NVIDIA ";
  if (!group.gpu_models) {
    return "unknown";
  }
  std::string text;
  for (const std::string& model : *group.gpu_models) {
    text += text.empty() ? "" : ", ";
    text += printable(model.starts_with(kMaker) ? model.substr(kMaker.size()) : model);
  }
  return text.empty() ? "none" : text;
}

bool uses_no_gpu(const GroupKey& group) {
  return group.gpu_models && group.gpu_models->empty();
}

namespace {

Json json_reading(const reading::ReadingReport& reading) {
  Json bad_lines = Json::array();
  for (const reading::BadLine& bad : reading.first_bad_lines) {
    bad_lines.push_back({{"file", json_text(bad.file.string())},
                         {"line", bad.line},
                         {"reason", json_text(bad.reason)}});
  }
  Json repeats = Json::array();
  for (const reading::Repeat& repeat : reading.first_repeats) {
    repeats.push_back({{"file", json_text(repeat.file.string())},
                       {"of", json_text(repeat.of.string())},
                       {"rows", repeat.rows}});
  }
  return {{"ledger_files", reading.ledger_files},
          {"ledger_rows", reading.ledger_rows},
          {"task_files", reading.task_files},
          {"sample_rows", reading.sample_rows},
          {"bytes", reading.bytes},
          {"bad_files", reading.bad_files},
          {"bad_lines", reading.bad_lines},
          {"first_bad_lines", std::move(bad_lines)},
          {"resaved_files", reading.resaved_files},
          {"repeated_rows", reading.repeated_rows},
          {"repeating_files", reading.repeating_files},
          {"first_repeats", std::move(repeats)}};
}

}  // namespace

std::string json_document_text(const Json& json) {
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json json_head(std::string_view command, const ReportContext& context) {
  return {{"schema", kJsonSchema},
          {"command", command},
          {"made_at", json_time(context.now)},
          {"folder", json_text(context.folder.string())},
          {"from", context.samples_only ? "samples" : "ledger"},
          {"since", json_time(context.window.since)},
          {"until", json_time(context.window.until)},
          {"reading", json_reading(context.reading)}};
}

Json json_number(const std::optional<double>& number, int decimals) {
  if (!number || !std::isfinite(*number)) {
    return nullptr;
  }
  if (decimals == 0) {
    return std::llround(*number);
  }
  const double scale = std::pow(10, decimals);
  return std::round(*number * scale) / scale;
}

Json json_count(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json();
}

Json json_time(const std::optional<WallTime>& time) {
  return time ? Json(iso_time_text(*time)) : Json();
}

Json json_text(std::string_view text) {
  return printable(text);
}

Json json_spread(const Distribution& figure, int decimals) {
  return {{"known", figure.size()},
          {"p50", json_number(figure.quantile(50), decimals)},
          {"p95", json_number(figure.quantile(95), decimals)},
          {"max", json_number(figure.max(), decimals)}};
}

Json json_runs(const ModuleFigures& figures) {
  const RunCounts counts = figures.counts();
  return {
      {"counted", counts.runs},
      {"from_samples", counts.from_samples},
      {"samples_coverage_percent_p50", json_number(counts.samples_coverage_percent_p50, 2)},
      {"may_still_run", counts.may_still_run},
      {"left_out_without_time", figures.without_time()},
      {"percentiles", figures.is_exact() ? "exact" : "sketch"},
      {"percentile_error_percent", figures.is_exact() ? 0 : 100 * QuantileSketch::kRelativeError}};
}

Json json_models(const GroupKey& group) {
  if (!group.gpu_models) {
    return nullptr;
  }
  Json models = Json::array();
  for (const std::string& model : *group.gpu_models) {
    models.push_back(json_text(model));
  }
  return models;
}

}  // namespace wemol::report
