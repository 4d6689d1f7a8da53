#include "sampled_runs.h"

#include <algorithm>

#include <wemol/snapshot.h>

#include "ledger_runs.h"
#include "recorded_tree.h"

namespace wemol::reading {

void RepeatedRows::begin_file(const std::filesystem::path& file) {
  if (file_count_ < 2) {
    return;
  }
  for (Container& container : containers_) {
    // A clock may have been set back.
    if (Times& times = container.files.back().times; !std::ranges::is_sorted(times)) {
      std::ranges::sort(times);
    }
  }
  files_.push_back(file);
}

RepeatedRows::Container& RepeatedRows::container_of(std::string_view name) {
  if (last_ < containers_.size() && containers_[last_].name == name) {
    return containers_[last_];
  }
  const auto found = std::ranges::find(containers_, name, &Container::name);
  last_ = static_cast<std::size_t>(found - containers_.begin());
  return found != containers_.end()
             ? *found
             : containers_.emplace_back(Container{.name = std::string(name), .files = {}});
}

void RepeatedRows::count_repeat(std::size_t of) {
  const std::filesystem::path& file = files_.back();
  const auto found = std::ranges::find_if(repeats_, [&](const Repeat& repeat) {
    return repeat.file == file && repeat.of == files_[of];
  });
  if (found != repeats_.end()) {
    ++found->rows;
  } else {
    repeats_.push_back({.file = file, .of = files_[of], .rows = 1});
  }
}

bool RepeatedRows::holds_among_several(std::string_view container, WallTime read_at) {
  if (containers_.size() >= SampledRuns::kMostContainers) {
    return false;  // their rows are not taken either
  }
  Container& of = container_of(container);
  const std::size_t this_file = files_.size() - 1;
  for (const FileTimes& other : of.files) {
    const Times& times = other.times;
    if (other.file != this_file && times.front() <= read_at && read_at <= times.back() &&
        std::ranges::binary_search(times, read_at)) {
      count_repeat(other.file);
      return true;
    }
  }
  if (of.files.empty() || of.files.back().file != this_file) {
    of.files.push_back({.file = this_file, .times = {}});
  }
  if (Times& times = of.files.back().times; times.empty() || times.back() != read_at) {
    times.push_back(read_at);
  }
  return false;
}

void RepeatedRows::note(ReadingReport& report) const {
  for (const Repeat& repeat : repeats_) {
    note_repeat(report, repeat);
  }
}

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
