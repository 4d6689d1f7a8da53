// Reads a recorded tree as wemol-report does, and says how long that took.
//
//   read_recorded_runs FOLDER ledger|samples [THREADS [MODULE]]
//
// The last line is the spread of that module's memory peaks.

#include <sys/resource.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "known_tree.h"
#include "recorded_runs.h"
#include "text.h"

namespace wemol::bench {
namespace {

int read_tree(std::span<char*> arguments) {
  if (arguments.size() < 3) {
    fmt::print(stderr, "read_recorded_runs FOLDER ledger|samples [THREADS [MODULE]]\n");
    return 2;
  }
  reading::ReadingRequest request{.root = arguments[1],
                                  .samples_only = std::string_view(arguments[2]) == "samples"};
  if (arguments.size() > 3) {
    request.threads = parse_number<unsigned>(arguments[3]).value_or(0);
  }
  const std::string module = arguments.size() > 4 ? arguments[4] : "";
  std::vector<double> peaks;
  std::uint64_t runs = 0;
  double core_hours = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = reading::read_runs(
      request,
      [&](reading::RecordedRun&& run) {
        ++runs;
        core_hours += run.summary.cpu_seconds.value_or(0) / 3600;
        if (run.summary.module_name == module && run.summary.memory_peak_bytes) {
          peaks.push_back(static_cast<double>(*run.summary.memory_peak_bytes));
        }
      },
      nullptr);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!report) {
    fmt::print(stderr, "{}\n", report.error().message);
    return 1;
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const double megabytes = static_cast<double>(report->bytes) / 1e6;
  fmt::print(
      "{} runs, {:.1f} core-hours, {} rows, {:.1f} MB, {} bad lines: {:.3f} s, {:.0f} MB/s, "
      "{} KiB resident at most\n",
      runs, core_hours, report->sample_rows + report->ledger_rows, megabytes, report->bad_lines,
      took.count(), megabytes / took.count(), usage.ru_maxrss);
  if (!peaks.empty()) {
    fmt::print("{} runs, memory peak p50/p95/max {:.0f} {:.0f} {:.0f}\n", peaks.size(),
               test::nearest_rank(peaks, 50), test::nearest_rank(peaks, 95),
               test::nearest_rank(peaks, 100));
  }
  return 0;
}

}  // namespace
}  // namespace wemol::bench

int main(int argc, char** argv) {
  return wemol::bench::read_tree({argv, static_cast<std::size_t>(argc)});
}
