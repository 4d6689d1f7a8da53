#include "run_notes.h"

#include <fmt/format.h>

#include "figure_text.h"
#include "text.h"
#include "time_text.h"

namespace wemol::report {
namespace {

std::string window_text(const TimeWindow& window) {
  std::string text;
  if (window.since) {
    text += fmt::format(" since {}", iso_time_text(*window.since));
  }
  if (window.until) {
    text += fmt::format(" until {}", iso_time_text(*window.until));
  }
  return text;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::vector<std::string> reading_notes(const ReportContext& context) {
  constexpr std::size_t kNamed = 3;
  const reading::ReadingReport& reading = context.reading;
  std::vector<std::string> notes;
  const auto name = [&](const std::filesystem::path& file) {
    const auto inside = file.lexically_relative(context.folder);
    return printable((inside.empty() ? file : inside).string());
  };
  for (const reading::Repeat& repeat : reading.first_repeats) {
    if (notes.size() < kNamed) {
      notes.push_back(fmt::format("{} repeats {} of {}: they count once.", name(repeat.file),
                                  count_text(repeat.rows, "row"), name(repeat.of)));
    }
  }
  if (reading.repeating_files > notes.size()) {
    notes.push_back(fmt::format(
        "{} more repeat rows of another, {} in all. Copies and links of a "
        "folder are better kept elsewhere.",
        count_text(reading.repeating_files - notes.size(), "file"), reading.repeated_rows));
  }
  if (reading.resaved_files > 0) {
    notes.push_back(fmt::format(
        "{} saved again by a spreadsheet: other times or semicolons. What it has left "
        "out, such as seconds, is missing in the figures.",
        reading.resaved_files == 1 ? std::string("1 file was")
                                   : fmt::format("{} files were", reading.resaved_files)));
  }
  return notes;
}

std::vector<std::string> run_notes(const ModuleFigures& figures, const ReportContext& context) {
  const RunCounts counts = figures.counts();
  std::vector<std::string> notes{
      fmt::format("{} in {}{}. A run is one start of a task's container; a task that was started "
                  "again counts again.",
                  count_text(counts.runs, "run"), printable(context.folder.string()),
                  window_text(context.window))};
  const reading::ReadingReport& reading = context.reading;
  if (reading.ledger_files + reading.task_files + reading.bad_files == 0) {
    notes.emplace_back(
        "No recorded file was found. Give the recorder's --output-dir: the folder that has one "
        "folder for each module.");
  }
  const auto of_reading = reading_notes(context);
  notes.insert(notes.end(), of_reading.begin(), of_reading.end());
  if (counts.from_samples > 0) {
    notes.push_back(
        fmt::format("The figures of {} are estimates, added up from the samples in the task's CSV.",
                    count_text(counts.from_samples, "run")));
  }
  if (counts.samples_coverage_percent_p50) {
    notes.push_back(
        fmt::format("The samples saw {} of a run's time (median). Means, and what no counter of "
                    "the kernel has totaled, take the rest to be like it; a peak in the rest is "
                    "not seen.",
                    percent_text(counts.samples_coverage_percent_p50)));
  }
  if (counts.from_samples < counts.runs) {
    notes.emplace_back(
        "Memory peaks from a ledger are the kernel's own where it has one. Those count the page "
        "cache: a task that reads large files seems to need more than it does. With --from "
        "samples the highest sample counts instead.");
  }
  if (counts.gpu_memory_of_whole_device > 0) {
    notes.push_back(
        fmt::format("{} GPU memory of the whole device in {}: what all processes on it "
                    "held, other tasks' too.",
                    kWholeDeviceMark, count_text(counts.gpu_memory_of_whole_device, "run")));
  }
  if (counts.may_still_run > 0) {
    notes.push_back(
        fmt::format("{} may still be running (last row less than 10 minutes ago); the "
                    "run time so far does not count.",
                    count_text(counts.may_still_run, "run")));
  }
  if (figures.without_time() > 0) {
    notes.push_back(fmt::format("{} left out: nothing tells when they were.",
                                count_text(figures.without_time(), "run")));
  }
  if (!figures.is_exact()) {
    notes.push_back(
        fmt::format("More than {} runs: the percentiles are those of a DDSketch, within "
                    "{:g} % of the true value. Sums, counts and peaks are exact; how "
                    "many runs lie above a value is not.",
                    ModuleFigures::kExactUpTo, 100 * QuantileSketch::kRelativeError));
  }
  return notes;
}

}  // namespace wemol::report
