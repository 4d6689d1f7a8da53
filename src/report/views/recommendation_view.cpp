#include "recommendation_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "figure_text.h"
#include "json_parts.h"
#include "run_notes.h"

namespace wemol::report {
namespace {

using FigureText = std::string (*)(const std::optional<double>&);

/// One of the four figures of a request, with how it is written.
struct NamedFigure {
  const char* name;
  const RequestedFigure* figure;
  FigureText text;
  bool whole_device = false;
};

std::vector<NamedFigure> figures_of(const GroupKey& key, const GroupFigures& group,
                                    const Recommendation& made) {
  std::vector<NamedFigure> figures{{"cores", &made.cores, amount_text},
                                   {"memory", &made.memory_bytes, bytes_text}};
  if (!uses_no_gpu(key)) {
    figures.push_back(
        {"GPU memory", &made.gpu_memory_mib, mebibytes_text, group.gpu_memory_of_whole_device > 0});
  }
  figures.push_back({"time limit", &made.time_limit_seconds, duration_text});
  return figures;
}

std::string value_text(const NamedFigure& named, const std::optional<double>& value) {
  return named.text(value) + (value && named.whole_device ? kWholeDeviceMark : "");
}

std::string against_peak_text(const std::optional<double>& saving_percent) {
  if (!saving_percent) {
    return kNotKnown;
  }
  const long percent = std::lround(*saving_percent);
  if (percent == 0) {
    return "the same";
  }
  return fmt::format("{} % {}", std::abs(percent), percent > 0 ? "less" : "more");
}

bool lack_data_alike(const std::vector<NamedFigure>& figures) {
  return std::ranges::all_of(figures, [&](const NamedFigure& named) {
    return !named.figure->request && named.figure->known == figures.front().figure->known;
  });
}

std::string not_enough_text(std::uint64_t known, const RequestRules& rules) {
  return fmt::format("not enough data ({} of {})", known, rules.minimum_runs);
}

/// What is wrong with a figure of the request; nothing when it is as it should be.
std::optional<std::string> warning_of(const NamedFigure& named, const RequestRules& rules) {
  const RequestedFigure& figure = *named.figure;
  if (!figure.request) {
    return fmt::format("{}: {}", named.name, not_enough_text(figure.known, rules));
  }
  if (figure.too_small_for.value_or(0) > 0) {
    return fmt::format("{}: too small for {} of {} runs, the greatest took {}", named.name,
                       *figure.too_small_for, figure.known, value_text(named, figure.max));
  }
  return std::nullopt;
}

std::string oom_text(const GroupFigures& group, const Recommendation& made,
                     const RequestRules& rules) {
  std::string text =
      fmt::format("memory: {} of {} runs OOM-killed", group.oom_killed, group.oom_known);
  if (!group.largest_oom_peak_bytes) {
    return text + "; at what peak is unknown, so the request is not raised for it";
  }
  text += fmt::format(", the greatest at {}", bytes_text(group.largest_oom_peak_bytes));
  if (made.memory_raised_after_oom) {
    text += fmt::format("; raised to that and {:g} %", rules.oom_growth_percent);
  }
  return text;
}

/// What must not be overlooked of one module's request, a line each.
std::vector<std::string> warnings_of(const std::vector<NamedFigure>& figures,
                                     const GroupFigures& group, const Recommendation& made,
                                     const RequestRules& rules) {
  std::vector<std::string> warnings;
  if (lack_data_alike(figures)) {
    warnings.push_back(not_enough_text(figures.front().figure->known, rules));
  } else {
    for (const NamedFigure& named : figures) {
      if (auto warning = warning_of(named, rules)) {
        warnings.push_back(std::move(*warning));
      }
    }
  }
  if (group.oom_killed > 0) {
    warnings.push_back(oom_text(group, made, rules));
  }
  return warnings;
}

/// All tables of the command, filled a module at a time.
class RecommendationTables {
 public:
  explicit RecommendationTables(const RequestRules& rules) : rules_(rules) {}

  void add(const GroupKey& key, const GroupFigures& group) {
    const Recommendation made = recommend(group, rules_);
    const auto figures = figures_of(key, group, made);
    add_request(key, group, figures);
    add_grounds(key, figures);
    for (const std::string& warning : warnings_of(figures, group, made, rules_)) {
      warnings_.push_back(fmt::format("{}, {}: {}", module_text(key),
                                      uses_no_gpu(key) ? "no GPU" : gpu_text(key), warning));
    }
  }

  [[nodiscard]] std::vector<Section> take() {
    std::vector<Section> sections{{.title = "What to request", .table = std::move(requests_)}};
    if (!warnings_.empty()) {
      sections.push_back({.title = "Take note", .lines = std::move(warnings_)});
    }
    sections.push_back({.title = "What it rests on", .table = std::move(grounds_)});
    return sections;
  }

 private:
  void add_request(const GroupKey& key, const GroupFigures& group,
                   const std::vector<NamedFigure>& figures) {
    const bool enough = group.runs >= rules_.minimum_runs;
    std::vector<Cell> cells{
        module_text(key), gpu_text(key),
        enough ? Cell(fmt::format("{}", group.runs))
               : Cell(fmt::format("{} of {}", group.runs, rules_.minimum_runs), Tone::warning)};
    for (const NamedFigure& named : figures) {
      cells.emplace_back(value_text(named, named.figure->request));
    }
    if (uses_no_gpu(key)) {
      cells.insert(cells.end() - 1, std::string("none"));
    }
    requests_.rows.push_back(std::move(cells));
  }

  void add_grounds(const GroupKey& key, const std::vector<NamedFigure>& figures) {
    const std::array<std::string, 2> names{module_text(key), "  " + gpu_text(key)};
    for (std::size_t at = 0; at < figures.size(); ++at) {
      const NamedFigure& named = figures[at];
      const RequestedFigure& figure = *named.figure;
      const bool is_too_small = figure.too_small_for.value_or(0) > 0;
      grounds_.rows.push_back(
          {at < names.size() ? names.at(at) : std::string(), std::string(named.name),
           value_text(named, figure.request), value_text(named, figure.p50),
           value_text(named, figure.p95), value_text(named, figure.max),
           figure.request ? Cell(fmt::format("{} of {}", *figure.too_small_for, figure.known),
                                 is_too_small ? Tone::warning : Tone::plain)
                          : Cell(fmt::format("- of {}", figure.known)),
           against_peak_text(figure.saving_percent)});
    }
  }

  const RequestRules& rules_;
  Table requests_{.columns = {{"module", Align::left},
                              {"GPU", Align::left},
                              {"runs"},
                              {"cores"},
                              {"memory"},
                              {"GPU memory"},
                              {"time limit"}},
                  .rows = {}};
  Table grounds_{.columns = {{"module, GPU", Align::left},
                             {"figure", Align::left},
                             {"request"},
                             {"p50", Align::right, "peaks of the runs"},
                             {"p95", Align::right, "peaks of the runs"},
                             {"max", Align::right, "peaks of the runs"},
                             {"too small for"},
                             {"against max"}},
                 .rows = {}};
  std::vector<std::string> warnings_;
};

Json json_figure(const RequestedFigure& figure, int decimals) {
  return {{"request", json_number(figure.request, decimals)},
          {"known", figure.known},
          {"p50", json_number(figure.p50, decimals)},
          {"p95", json_number(figure.p95, decimals)},
          {"max", json_number(figure.max, decimals)},
          {"too_small_for", json_count(figure.too_small_for)},
          {"saving_percent", json_number(figure.saving_percent, 2)}};
}

Json json_recommendation(const GroupKey& key, const GroupFigures& group,
                         const RequestRules& rules) {
  constexpr int kDecimals = 3;
  const Recommendation made = recommend(group, rules);
  return {{"module_name", json_text(key.module_name)},
          {"gpu_models", json_models(key)},
          {"runs", group.runs},
          {"cores", json_figure(made.cores, kDecimals)},
          {"memory_bytes", json_figure(made.memory_bytes, 0)},
          {"gpu_memory_mib", json_figure(made.gpu_memory_mib, 1)},
          {"time_limit_seconds", json_figure(made.time_limit_seconds, kDecimals)},
          {"gpu_memory_of_whole_device", group.gpu_memory_of_whole_device},
          {"oom_killed",
           json_count(group.oom_known > 0 ? std::optional(group.oom_killed) : std::nullopt)},
          {"largest_oom_peak_bytes", json_number(group.largest_oom_peak_bytes, 0)},
          {"memory_raised_after_oom", made.memory_raised_after_oom}};
}

}  // namespace

Document recommendation_document(const ModuleFigures& figures, const ReportContext& context,
                                 const RequestRules& rules) {
  Document document{.sections = {}, .notes = run_notes(figures, context)};
  if (figures.groups().empty()) {
    return document;
  }
  RecommendationTables tables(rules);
  for (const auto& [key, group] : figures.groups()) {
    tables.add(key, group);
  }
  document.sections = tables.take();
  const auto in_words = rules_in_words(rules);
  document.notes.insert(document.notes.end(), in_words.begin(), in_words.end());
  document.notes.emplace_back(
      "Too small for: of the runs that have the figure, those whose peak was above the request. "
      "Against "
      "the max: what the requests take in all against requesting the greatest peak for every run; "
      "nothing where that peak is below the least request there is (half a core, a quarter of a "
      "GiB, a minute).");
  return document;
}

Json recommendation_json(const ModuleFigures& figures, const ReportContext& context,
                         const RequestRules& rules) {
  Json report = json_head("recommend", context);
  report["runs"] = json_runs(figures);
  report["rules"] = {{"percentile", rules.percentile},
                     {"margin_percent", rules.margin_percent},
                     {"minimum_runs", rules.minimum_runs},
                     {"oom_growth_percent", rules.oom_growth_percent},
                     {"cores_from", rules.cores_basis == CoresBasis::max ? "max" : "mean"},
                     {"in_words", rules_in_words(rules)}};
  report["modules"] = Json::array();
  for (const auto& [key, group] : figures.groups()) {
    report["modules"].push_back(json_recommendation(key, group, rules));
  }
  return report;
}

}  // namespace wemol::report
