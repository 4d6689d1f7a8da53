#include "repeated_rows.h"

#include <algorithm>

#include "recorded_tree.h"
#include "sampled_runs.h"

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

}  // namespace wemol::reading
