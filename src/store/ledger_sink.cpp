#include "ledger_sink.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "ledger_row.h"

namespace wemol {
namespace {

constexpr double kPercent = 100;
constexpr double kBytesPerMib = 1 << 20;

std::optional<double> to_mib(const std::optional<std::uint64_t>& bytes) {
  return bytes ? std::optional(static_cast<double>(*bytes) / kBytesPerMib) : std::nullopt;
}

/// The GPUs of one sample, with the texts that the readings refer to.
struct GpuReadings {
  std::vector<std::string> ids;
  std::vector<GpuReading> readings;
};

GpuReadings readings_of(const std::vector<GpuUse>& uses,
                        const std::map<std::string_view, unsigned>& tasks_by_gpu) {
  GpuReadings result;
  result.ids.reserve(uses.size());
  for (const GpuUse& use : uses) {
    result.ids.push_back(use.device ? fmt::format("{}", use.device->index) : "Unknown");
    GpuReading reading{.id = result.ids.back(),
                       .name = "Unknown",
                       .task_memory_used_mib = to_mib(use.task_memory_used_bytes),
                       .tasks_on_it = tasks_by_gpu.at(use.uuid)};
    if (use.device) {
      reading.name = use.device->name;
      reading.utilization_percent = use.device->utilization_percent;
      reading.memory_used_mib = to_mib(use.device->memory_used_bytes);
      reading.power_draw_watts = use.device->power_draw_watts;
    }
    result.readings.push_back(reading);
  }
  return result;
}

UsageReading usage_of(const ContainerStats& stats) {
  UsageReading reading{.read_at = stats.read_at,
                       .memory_used_bytes = stats.memory_used_bytes,
                       .network_rx_bytes = stats.network_received_bytes,
                       .network_tx_bytes = stats.network_sent_bytes,
                       .block_read_bytes = stats.block_read_bytes,
                       .block_write_bytes = stats.block_written_bytes};
  if (stats.cpu_percent) {
    reading.cpu_cores = *stats.cpu_percent / kPercent;
  }
  return reading;
}

}  // namespace

LedgerSink::LedgerSink(Settings settings, const Clock& clock, const OpenRuns& resumed)
    : settings_(std::move(settings)),
      clock_(clock),
      past_(settings_.output_dir, settings_.seen_by_past_row),
      open_runs_file_(settings_.output_dir, settings_.sync),
      files_(settings_.output_dir, "ledger", ledger_header(), settings_.sync, {}),
      began_at_(clock.wall_now()),
      last_write_at_(clock.now()),
      ends_stated_until_(resumed.ends_stated_until) {
  for (const OpenTaskRun& open : resumed.runs) {
    resumed_.emplace(open.run.container_id, open);
  }
  // At once, for a recorder that is killed in its first round. The first write states a failure.
  (void)note_open_runs();
}

/// How many tasks use each GPU, by its uuid in the snapshot.
LedgerSink::TasksByGpu LedgerSink::count_tasks_by_gpu(const Snapshot& snapshot) {
  TasksByGpu tasks_by_gpu;
  for (const TaskSample& sample : snapshot.samples) {
    if (sample.gpus) {
      for (const GpuUse& use : *sample.gpus) {
        ++tasks_by_gpu[use.uuid];
      }
    }
  }
  return tasks_by_gpu;
}

Conditions LedgerSink::write(const Snapshot& snapshot) {
  const TasksByGpu tasks_by_gpu = count_tasks_by_gpu(snapshot);
  for (const TaskSample& sample : snapshot.samples) {
    if (sample.run != 0) {  // else nobody knows when that run ends
      add(sample, tasks_by_gpu);
    }
  }
  for (const EndedTaskRun& ended : snapshot.ended_runs) {
    finish(ended);
  }
  past_.forget_ledgers();
  ends_stated_until_ = snapshot.ends_stated_until.value_or(ends_stated_until_);
  last_write_at_ = clock_.now();
  Conditions conditions = files_.flush();
  for (Condition& condition : note_open_runs()) {
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

LedgerSink::Run& LedgerSink::run_of(const TaskSample& sample) {
  auto entry = runs_.find(KeyView(sample.container_id, sample.run));
  const bool is_new = entry == runs_.end();
  if (is_new) {
    entry = runs_.emplace(Key(sample.container_id, sample.run), Run()).first;
  }
  Run& run = entry->second;
  if (is_new) {
    run.tally = RunTally(sample.started_at);
    run.open = {.run = {.container_id = sample.container_id,
                        .container_name = sample.container_name,
                        .started_at = sample.started_at},
                .module_name = sample.module_name};
    resumed_.erase(sample.container_id);
    add_past_rows(run, sample.task.task_id);
    has_changed_ = true;
  }
  OpenRun& open = run.open.run;
  has_changed_ |= open.started_at != sample.started_at || open.oom_killed != sample.oom_killed;
  open.started_at = sample.started_at;
  open.oom_killed = sample.oom_killed;
  if (sample.module_name != kUnknownModule && run.open.module_name != sample.module_name) {
    run.open.module_name = sample.module_name;
    has_changed_ = true;
  }
  return run;
}

void LedgerSink::add_past_rows(Run& run, const std::string& task_id) const {
  if (!run.open.run.started_at || *run.open.run.started_at < began_at_) {
    past_.add_rows(task_id, run.open, began_at_, run.tally);
  }
}

void LedgerSink::add(const TaskSample& sample, const TasksByGpu& tasks_by_gpu) {
  Run& run = run_of(sample);
  const ContainerStats& stats = sample.stats;
  UsageReading reading = usage_of(stats);
  reading.since_before = since_before(run, sample);
  if (stats.cpu_counter) {
    // The counter has seen everything, but of the time before this recorder nobody has seen the
    // rest.
    reading.seen = stats.measured_at - run.last_measured_at.value_or(last_write_at_);
  }
  GpuReadings gpus;
  if (sample.gpus) {
    gpus = readings_of(*sample.gpus, tasks_by_gpu);
    reading.gpus = gpus.readings;
  }
  run.tally.add(reading);
  run.last_measured_at = stats.measured_at;
  run.memory_limit_bytes = stats.memory_limit_bytes;
  if (sample.ended) {
    run.last.cpu_used = stats.cpu_counter ? std::optional(stats.cpu_counter->used) : std::nullopt;
  }
  if (stats.memory_peak_bytes) {
    run.last.memory_peak_bytes = stats.memory_peak_bytes;
  }
  if (stats.out_of_memory_kills) {
    run.oom_killed = *stats.out_of_memory_kills > 0;
  }
}

/// By the clock that nobody steps; nothing where only the wall clock can tell.
std::optional<std::chrono::nanoseconds> LedgerSink::since_before(const Run& run,
                                                                 const TaskSample& sample) {
  const ContainerStats& stats = sample.stats;
  if (run.last_measured_at) {
    return stats.measured_at - *run.last_measured_at;
  }
  if (stats.cpu_counter && sample.started_at) {
    return stats.measured_at - stats.cpu_counter->began_at - run.tally.stood_for();
  }
  return std::nullopt;
}

LedgerSink::Run LedgerSink::take_run(const EndedTaskRun& ended) {
  const EndedRun& end = ended.run;
  const auto resumed = resumed_.extract(end.container_id);
  if (auto node = runs_.extract({end.container_id, end.run}); !node.empty()) {
    return std::move(node.mapped());
  }
  // No round has read it, or only one of an earlier recorder.
  Run run{
      .tally = RunTally(end.started_at),
      .open = {.run = {.container_id = end.container_id,
                       .container_name = end.container_name,
                       .started_at = end.started_at},
               .module_name = resumed.empty() ? ended.module_name : resumed.mapped().module_name}};
  add_past_rows(run, ended.task.task_id);
  return run;
}

void LedgerSink::finish(const EndedTaskRun& ended) {
  const EndedRun& end = ended.run;
  Run run = take_run(ended);
  run.last.started_at = end.started_at;
  run.last.ended_at = end.ended_at;
  if (run.last_measured_at) {
    run.last.rest_at_most = clock_.now() - *run.last_measured_at;
  }
  RunSummary summary = run.tally.summary(run.last);
  summary.task_id = ended.task.task_id;
  summary.job_id = ended.task.job_id;
  summary.module_name = run.open.module_name;
  summary.container = end.container_name;
  summary.exit_code = end.exit_code;
  summary.oom_killed = end.oom_killed;
  if (run.oom_killed) {
    summary.oom_killed = *run.oom_killed || end.oom_killed.value_or(false);
  }
  raise_to_limit(run, summary);
  has_changed_ = true;
  const bool may_be_written = !end.ended_at || *end.ended_at < began_at_;
  if (may_be_written && past_.has_ledger_row(summary)) {
    return;
  }
  spdlog::info(
      "task {}: container {} has ended{}{}{}", summary.task_id, summary.container,
      summary.duration_seconds ? fmt::format(" after {:.1f} s", *summary.duration_seconds) : "",
      summary.exit_code ? fmt::format(" with exit code {}", *summary.exit_code)
                        : ", its exit code is unknown",
      summary.oom_killed.value_or(false) ? ": its memory was used up" : "");
  files_.add({.module_name = summary.module_name, .stem = kLedgerStem}, ledger_row(summary), [] {
    return RowFiles::Origin{.owner = "ledger", .content = "what the module's tasks have used"};
  });
}

/// Who was killed since the memory was used up has had all of it, though no sample may have seen
/// so.
void LedgerSink::raise_to_limit(const Run& run, RunSummary& summary) const {
  constexpr std::uint64_t kSamePerMille = 999;  // docker prints four digits
  const auto& limit = run.memory_limit_bytes;
  const auto& host = settings_.host_memory_bytes;
  const bool has_own_limit = limit && host && *limit < *host / 1000 * kSamePerMille;
  // Where the kernel has counted the kill, its peak was read after it.
  const bool is_peak_older = !run.last.memory_peak_bytes || !run.oom_killed.value_or(false);
  if (summary.oom_killed.value_or(false) && is_peak_older && has_own_limit) {
    summary.memory_peak_bytes = std::max(summary.memory_peak_bytes, limit);
  }
}

Conditions LedgerSink::note_open_runs() {
  if (!has_changed_) {
    return {};
  }
  OpenRuns open{.runs = {}, .ends_stated_until = ends_stated_until_};
  for (const auto& [key, run] : runs_) {
    open.runs.push_back(run.open);
  }
  for (const auto& [id, run] : resumed_) {
    open.runs.push_back(run);
  }
  const auto written = open_runs_file_.write(open);
  has_changed_ = !written;
  if (written) {
    return {};
  }
  return {{.key = "open runs",
           .severity = Severity::warning,
           .message = "which tasks are running cannot be written down: " + written.error().message +
                      "; if the recorder stops now, tasks that end before it is started again "
                      "have no row in the ledger"}};
}

}  // namespace wemol
