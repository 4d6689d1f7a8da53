#include "run_selection.h"

#include <algorithm>

namespace wemol::report {
namespace {

/// A recorder that runs has written a row since, at any usual interval.
constexpr std::chrono::minutes kStillRunningFor{10};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

bool TimeWindow::holds(WallTime time) const {
  return (!since || time >= *since) && (!until || time < *until);
}

std::optional<WallTime> time_of(const reading::RecordedRun& run) {
  const RunSummary& summary = run.summary;
  if (summary.ended_at) {
    return summary.ended_at;
  }
  if (run.last_read_at) {
    return run.last_read_at;
  }
  if (summary.started_at && summary.duration_seconds) {
    return *summary.started_at + std::chrono::duration_cast<WallTime::duration>(
                                     std::chrono::duration<double>(*summary.duration_seconds));
  }
  return summary.started_at;
}

bool may_still_run(const reading::RecordedRun& run, WallTime now) {
  return run.basis == reading::Basis::samples && !run.summary.ended_at && run.last_read_at &&
         now - *run.last_read_at < kStillRunningFor;
}

ModuleSelection::ModuleSelection(const std::vector<std::string>& patterns,
                                 const std::vector<std::string>& module_names)
    : takes_all_(patterns.empty()) {
  for (const std::string& pattern : patterns) {
    if (std::ranges::find(module_names, pattern) != module_names.end()) {
      taken_.push_back(pattern);
      continue;
    }
    const std::size_t before = taken_.size();
    std::ranges::copy_if(module_names, std::back_inserter(taken_), [&](const std::string& name) {
      return lower_case(name).find(lower_case(pattern)) != std::string::npos;
    });
    if (taken_.size() == before) {
      unmatched_.push_back(pattern);
    }
  }
}

bool ModuleSelection::takes(const std::string& module_name) const {
  return takes_all_ || std::ranges::find(taken_, module_name) != taken_.end();
}

}  // namespace wemol::report
