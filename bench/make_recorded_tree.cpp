// Writes the CSVs and ledgers of made-up tasks, and what a report has to find in them.
//
//   make_recorded_tree FOLDER TASKS ROWS MODULES SEED
//
// FOLDER must not exist. The truth goes to FOLDER.truth.json: for each module the number of runs,
// and of each figure p50, p95 (nearest rank) and the highest, from the ledgers and from the samples
// alone.

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "known_tree.h"
#include "text.h"

namespace wemol::bench {
namespace {

using nlohmann::ordered_json;
using FigureOf = std::function<std::optional<double>(const RunSummary&)>;

const std::vector<std::pair<std::string, FigureOf>>& figures() {
  static const std::vector<std::pair<std::string, FigureOf>> all{
      {"duration_seconds", [](const RunSummary& run) { return run.duration_seconds; }},
      {"cpu_cores_mean", [](const RunSummary& run) { return run.cpu_cores_mean; }},
      {"memory_peak_bytes",
       [](const RunSummary& run) {
         return run.memory_peak_bytes ? std::optional(static_cast<double>(*run.memory_peak_bytes))
                                      : std::nullopt;
       }},
      {"gpu_memory_peak_mib", [](const RunSummary& run) { return run.gpu_memory_peak_mib; }},
      {"gpu_device_memory_peak_mib",
       [](const RunSummary& run) { return run.gpu_device_memory_peak_mib; }},
      {"energy_wh", [](const RunSummary& run) { return run.energy_wh; }}};
  return all;
}

/// Of the runs in which the figure is known.
ordered_json spread(const std::vector<const RunSummary*>& runs, const FigureOf& figure_of) {
  std::vector<double> values;
  for (const RunSummary* run : runs) {
    if (const auto value = figure_of(*run)) {
      values.push_back(*value);
    }
  }
  if (values.empty()) {
    return nullptr;
  }
  return {{"known", values.size()},
          {"p50", test::nearest_rank(values, 50)},
          {"p95", test::nearest_rank(values, 95)},
          {"max", std::ranges::max(values)}};
}

ordered_json truth_of(const std::vector<const RunSummary*>& runs) {
  const auto count = [&](const auto& holds) {
    return std::ranges::count_if(runs, [&](const RunSummary* run) { return holds(*run); });
  };
  ordered_json truth{
      {"failed", count([](const RunSummary& run) { return run.exit_code.value_or(0) != 0; })},
      {"oom_killed", count([](const RunSummary& run) { return run.oom_killed.value_or(false); })}};
  for (const auto& [name, figure_of] : figures()) {
    truth[name] = spread(runs, figure_of);
  }
  return truth;
}

ordered_json truth_of(const std::vector<test::KnownRun>& runs) {
  std::map<std::string, std::vector<const test::KnownRun*>> modules;
  for (const test::KnownRun& run : runs) {
    modules[run.samples.module_name].push_back(&run);
  }
  ordered_json truth;
  for (const auto& [module, of_module] : modules) {
    std::vector<const RunSummary*> ledger;
    std::vector<const RunSummary*> samples;
    for (const test::KnownRun* run : of_module) {
      ledger.push_back(&run->ledger);
      samples.push_back(&run->samples);
    }
    truth[module] = {
        {"runs", of_module.size()}, {"ledger", truth_of(ledger)}, {"samples", truth_of(samples)}};
  }
  return truth;
}

int make_tree(std::span<char*> arguments) {
  std::vector<std::uint64_t> numbers;
  for (const char* const argument : arguments.subspan(std::min<std::size_t>(2, arguments.size()))) {
    numbers.push_back(parse_number<std::uint64_t>(argument).value_or(0));
  }
  if (numbers.size() != 4 || std::ranges::count(numbers, 0U) > 0) {
    fmt::print(stderr, "make_recorded_tree FOLDER TASKS ROWS MODULES SEED (all from 1 on)\n");
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  if (exists(folder)) {
    fmt::print(stderr, "{} exists already\n", folder.string());
    return 2;
  }
  const auto runs = test::write_known_tree({.tasks = static_cast<unsigned>(numbers[0]),
                                            .rows = static_cast<unsigned>(numbers[1]),
                                            .modules = static_cast<unsigned>(numbers[2]),
                                            .seed = numbers[3]},
                                           folder);
  std::ofstream(folder.string() + ".truth.json") << truth_of(runs).dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace wemol::bench

int main(int argc, char** argv) {
  return wemol::bench::make_tree({argv, static_cast<std::size_t>(argc)});
}
