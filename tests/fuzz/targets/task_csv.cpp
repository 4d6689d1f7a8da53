#include <cmath>
#include <cstdlib>

#include "csv.h"
#include "fuzz_target.h"
#include "properties.h"
#include "sampled_runs.h"
#include "task_row_reader.h"

namespace wemol::fuzz {
namespace {

using Lines = std::vector<std::vector<std::string>>;
constexpr std::size_t kColumnCount = 22;

bool is_reading(const std::optional<double>& value) {
  return !value || (std::isfinite(*value) && *value >= 0);
}

void check_row(const reading::TaskRow& row) {
  require(!row.task_id.empty() && !row.container.empty(), "a row names its task and container");
  require(is_reading(row.usage.cpu_cores), "a CPU reading is a number");
  for (const GpuReading& gpu : row.usage.gpus.value_or(std::span<const GpuReading>())) {
    require(is_reading(gpu.utilization_percent) && is_reading(gpu.memory_used_mib) &&
                is_reading(gpu.power_draw_watts),
            "a GPU's readings are numbers");
  }
}

/// The records of a text of which `piece` more bytes are known after each one that is not whole;
/// a bad line is one field.
Lines lines_of(std::string_view text, std::size_t piece) {
  reading::CsvSplitter splitter(kColumnCount);
  Lines lines;
  std::size_t known = std::min(piece, text.size());
  while (!text.empty()) {
    std::string_view rest = text.substr(0, known);
    const auto outcome = splitter.next(rest, known == text.size());
    if (outcome == reading::CsvSplitter::Outcome::half) {
      require(rest.size() == known && known < text.size(), "half a record is left where it is");
      known = std::min(known + piece, text.size());
      continue;
    }
    const std::size_t length = known - rest.size();
    require(length > 0, "splitting comes to an end");
    const std::string_view taken = text.substr(0, length);
    require(splitter.line_ends() ==
                static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), '\n')),
            "every line end is counted");
    if (outcome == reading::CsvSplitter::Outcome::record) {
      const auto fields = splitter.fields();
      lines.emplace_back(fields.begin(), fields.end());
      const auto other = parse_csv_record(taken);
      require(!other || *other == lines.back(), "a record reads as another reader reads it");
    } else if (outcome == reading::CsvSplitter::Outcome::bad_line) {
      lines.push_back({splitter.trouble()});
    }
    text.remove_prefix(length);
    known = std::min(std::max(known - length, piece), text.size());
  }
  return lines;
}

void check_task_csv(std::string_view input) {
  constexpr std::size_t kLongest = 4096;  // in pieces it takes the square of the time
  const Lines lines = lines_of(input, input.size() + 1);
  require(input.size() > kLongest || lines_of(input, 7) == lines,
          "it does not matter in which pieces a text comes");
  reading::TaskRowReader rows;
  reading::SampledRuns runs([](std::string_view) { return std::nullopt; });
  for (const auto& line : lines) {
    const std::vector<std::string_view> fields(line.begin(), line.end());
    if (fields.size() != kColumnCount) {
      continue;
    }
    const reading::TaskRow* const row = rows.parse(fields);
    require(row != nullptr || is_clean_line(rows.trouble()), "the trouble is fit for a terminal");
    if (row != nullptr) {
      check_row(*row);
      static_cast<void>(runs.add(*row));
    }
  }
  runs.hand_out([](reading::RecordedRun&& run) {
    require(run.summary.samples > 0 && run.summary.duration_seconds.value_or(0) >= 0,
            "a run has samples and no negative duration");
    require(is_reading(run.summary.energy_wh) && is_reading(run.summary.cpu_seconds),
            "a run's sums are numbers");
  });
}

const Target task_csv_target("task_csv", check_task_csv);

}  // namespace
}  // namespace wemol::fuzz
