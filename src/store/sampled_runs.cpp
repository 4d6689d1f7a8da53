#include "sampled_runs.h"

#include <algorithm>

#include <wemol/snapshot.h>

#include "ledger_runs.h"

namespace wemol::reading {
namespace {

/// Without an allocation where it is the same.
void keep(std::string& kept, std::string_view text) {
  if (kept != text) {
    kept = text;
  }
}

}  // namespace

SampledRuns::Run* SampledRuns::run_of(const TaskRow& row) {
  if (last_ < runs_.size() && runs_[last_].container == row.container) {
    return &runs_[last_];
  }
  const auto found = std::ranges::find(runs_, row.container, &Run::container);
  last_ = static_cast<std::size_t>(found - runs_.begin());
  if (found != runs_.end()) {
    return &*found;
  }
  if (runs_.size() == kMostContainers) {
    return nullptr;
  }
  return &runs_.emplace_back(Run{.container = std::string(row.container),
                                 .task_id = std::string(row.task_id),
                                 .job_id = std::string(row.job_id),
                                 .module_name = {},
                                 .held_until = held_until_(row.container),
                                 .tally = {}});
}

bool SampledRuns::add(const TaskRow& row) {
  Run* const run = run_of(row);
  if (run == nullptr) {
    return false;
  }
  if (!row.module_name.empty() && row.module_name != kUnknownModule) {
    keep(run->module_name, row.module_name);
    keep(module_name_, row.module_name);
  }
  if (!run->held_until || row.usage.read_at > *run->held_until) {
    run->tally.add(row.usage);
  }
  return true;
}

/// Whether a ledger tells of all its rows. Those of a container that was started again are added
/// up.
bool SampledRuns::is_of_held_run(const Run& run) {
  return run.held_until &&
         (run.tally.samples() == 0 || !is_of_later_run(run.tally.last_read_at(), *run.held_until));
}

void SampledRuns::hand_out(const std::function<void(RecordedRun&&)>& take) const {
  for (const Run& run : runs_) {
    if (is_of_held_run(run)) {
      continue;
    }
    RecordedRun recorded{.summary = run.tally.summary({}),
                         .basis = Basis::samples,
                         .first_read_at = run.tally.first_read_at(),
                         .last_read_at = run.tally.last_read_at()};
    RunSummary& summary = recorded.summary;
    summary.task_id = run.task_id;
    summary.job_id = run.job_id;
    summary.module_name = !run.module_name.empty() ? run.module_name
                          : !module_name_.empty()  ? module_name_
                                                   : std::string(kUnknownModule);
    summary.container = run.container;
    take(std::move(recorded));
  }
}

}  // namespace wemol::reading
