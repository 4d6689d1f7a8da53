#include "recorder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "text.h"

namespace wemol {
namespace {

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Recorder::Recorder(Round& round, Clock& clock, Supervisor& supervisor,
                   std::chrono::nanoseconds interval, std::uint64_t rounds)
    : round_(round),
      clock_(clock),
      supervisor_(supervisor),
      interval_(interval),
      rounds_wanted_(rounds),
      ticker_(clock.now(), interval) {}

void Recorder::run() {
  while (run_round(ticker_.due()) && (rounds_wanted_ == 0 || progress_.rounds < rounds_wanted_)) {
    if (!wait_for_next_round()) {
      break;
    }
  }
  supervisor_.stopping();
  rows_ += round_.record_remaining();
  spdlog::info("stopped after {} with {}; {} skipped{}", counted(progress_.rounds, "round"),
               counted(rows_, "row"), counted(progress_.skipped, "round"),
               progress_.silent_tasks == 0 ? ""
                                           : fmt::format("; {} at last without a valid reading",
                                                         counted(progress_.silent_tasks, "task")));
}

bool Recorder::wait_for_next_round() {
  while (true) {
    if (const auto interval = supervisor_.new_interval()) {
      interval_ = *interval;
      ticker_.start_again(last_due_, interval_, clock_.now());
    }
    if (!clock_.wait_until(ticker_.due())) {
      return false;
    }
    if (clock_.now() >= ticker_.due()) {
      return true;
    }
  }
}

bool Recorder::run_round(SteadyTime due) {
  const SteadyTime began = clock_.now();
  auto report = round_.run(ticker_.end_of_round(began));
  if (!report) {
    return false;
  }
  const SteadyTime ended = clock_.now();
  ++progress_.rounds;
  progress_.tasks = report->tasks;
  progress_.silent_tasks = report->silent_tasks;
  last_due_ = due;
  rows_ += report->samples;
  const std::int64_t skipped = ticker_.advance(ended);
  progress_.skipped += skipped;
  if (skipped > 0) {
    progress_.last_overrun = {.round = progress_.rounds, .took = ended - began};
    report->conditions.push_back(
        {.key = "overrun",
         .severity = Severity::warning,
         .message = fmt::format(
             "round {} began {:.3f} s after its time and took {:.3f} s with an interval of "
             "{:.3f} s: {} skipped ({} since the start)",
             progress_.rounds, seconds(began - due), seconds(ended - began), seconds(interval_),
             counted(skipped, "round"), progress_.skipped)});
  }
  condition_log_.report(report->conditions, ended);
  log_round(*report, due, began, ended);
  supervisor_.round_done(progress_, ended);
  return true;
}

void Recorder::log_round(const RoundReport& report, SteadyTime due, SteadyTime began,
                         SteadyTime ended) const {
  spdlog::debug(
      "round {}: began {:.4f} s after its time; containers {}, tasks {}, rows {}, GPUs {}, GPU "
      "processes {}; took {:.4f} s, next in {:.3f} s",
      progress_.rounds, seconds(began - due), report.containers, report.tasks, report.samples,
      report.gpu_devices, report.gpu_processes, seconds(ended - began),
      seconds(ticker_.due() - ended));
}

}  // namespace wemol
