#include "recorder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "counted.h"

namespace wemol {
namespace {

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Recorder::Recorder(Round& round, Clock& clock, std::chrono::nanoseconds interval,
                   std::uint64_t rounds)
    : round_(round),
      clock_(clock),
      interval_(interval),
      rounds_wanted_(rounds),
      ticker_(clock.now(), interval) {}

void Recorder::run() {
  while (run_round(ticker_.due()) && (rounds_wanted_ == 0 || rounds_done_ < rounds_wanted_)) {
    if (!clock_.wait_until(ticker_.due())) {
      break;
    }
  }
  rows_ += round_.record_remaining();
  spdlog::info("stopped after {} with {}; {} skipped", counted(rounds_done_, "round"),
               counted(rows_, "row"), counted(skipped_, "round"));
}

bool Recorder::run_round(SteadyTime due) {
  const SteadyTime began = clock_.now();
  auto report = round_.run();
  if (!report) {
    return false;
  }
  const SteadyTime ended = clock_.now();
  ++rounds_done_;
  rows_ += report->samples;
  const std::int64_t skipped = ticker_.advance(ended);
  skipped_ += skipped;
  if (skipped > 0) {
    report->conditions.push_back(
        {.key = "overrun",
         .severity = Severity::warning,
         .message = fmt::format(
             "round {} began {:.3f} s after its time and took {:.3f} s with an interval of "
             "{:.3f} s: {} skipped ({} since the start)",
             rounds_done_, seconds(began - due), seconds(ended - began), seconds(interval_),
             counted(skipped, "round"), skipped_)});
  }
  condition_log_.report(report->conditions, ended);
  log_round(*report, due, began, ended);
  return true;
}

void Recorder::log_round(const RoundReport& report, SteadyTime due, SteadyTime began,
                         SteadyTime ended) const {
  spdlog::debug(
      "round {}: began {:.4f} s after its time; containers {}, tasks {}, rows {}, GPUs {}, GPU "
      "processes {}; took {:.4f} s, next in {:.3f} s",
      rounds_done_, seconds(began - due), report.containers, report.tasks, report.samples,
      report.gpu_devices, report.gpu_processes, seconds(ended - began),
      seconds(ticker_.due() - ended));
}

}  // namespace wemol
