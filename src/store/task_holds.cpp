#include "task_holds.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "parallel_for.h"
#include "recorded_tree.h"
#include "task_row_reader.h"
#include "text.h"

namespace wemol::reading {
namespace {

namespace fs = std::filesystem;

std::int64_t epoch_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// Takes the rows of one file, in its order.
class HoldGatherer {
 public:
  void take(const TaskRow& row) {
    const std::int64_t at = epoch_of(row.usage.read_at);
    note_time(at);
    if (!row.usage.gpus) {
      return;
    }
    for (const GpuReading& gpu : *row.usage.gpus) {
      if (const auto index = parse_number<unsigned>(gpu.id)) {
        hold(row, *index, at);
      }
    }
  }

  [[nodiscard]] std::vector<TaskHold> finish() { return std::move(holds_); }

 private:
  /// How long two rows may be apart without a break between them: a round may be left out, and the
  /// interval may be long.
  [[nodiscard]] std::int64_t longest_gap() const {
    constexpr std::int64_t kLeast = 60;
    return std::max(kLeast, interval_ + interval_ / 2);
  }

  void note_time(std::int64_t at) {
    const std::int64_t gap = at - last_time_;
    if (last_time_ != 0 && gap > 0 && ++gaps_[gap] > gaps_[interval_]) {
      interval_ = gap;
    }
    last_time_ = at;
  }

  void hold(const TaskRow& row, unsigned index, std::int64_t at) {
    const auto [last, is_new] =
        last_.try_emplace({std::string(row.container), index}, holds_.size());
    if (!is_new) {
      TaskHold& before = holds_[last->second];
      if (at >= before.end_epoch && at - before.end_epoch <= longest_gap()) {
        before.end_epoch = at;
        return;
      }
      last->second = holds_.size();
    }
    holds_.push_back({.task_id = std::string(row.task_id),
                      .gpu_index = index,
                      .begin_epoch = at,
                      .end_epoch = at});
  }

  std::vector<TaskHold> holds_;
  std::map<std::pair<std::string, unsigned>, std::size_t> last_;  ///< of a container on a GPU
  std::map<std::int64_t, std::size_t> gaps_;                      ///< between rows, how often each
  std::int64_t interval_ = 0;                                     ///< the gap that is met most
  std::int64_t last_time_ = 0;
};

/// Whether a file may have rows of the time. Most of a tree is old, and not read for that.
bool may_hold(const fs::path& file, std::int64_t begin_epoch, std::int64_t end_epoch,
              TaskCsvReader& reader) {
  constexpr auto kClocksDiffer = std::chrono::hours(24);  // that of a file server, say
  std::error_code unknown;
  const auto written = fs::last_write_time(file, unknown);
  const std::chrono::sys_seconds begin{std::chrono::seconds(begin_epoch)};
  if (!unknown && std::chrono::file_clock::to_sys(written) + kClocksDiffer < begin) {
    return false;
  }
  if (const auto last = reader.last_row(file); last && epoch_of(last->read_at) < begin_epoch) {
    return false;
  }
  const auto first = reader.first_time(file);
  return first && epoch_of(*first) < end_epoch;
}

std::vector<TaskHold> holds_of(const fs::path& file, std::int64_t begin_epoch,
                               std::int64_t end_epoch, TaskCsvReader& reader) {
  if (!may_hold(file, begin_epoch, end_epoch, reader)) {
    return {};
  }
  HoldGatherer gatherer;
  reader.read(
      file,
      [&gatherer](const TaskRow& row) -> const char* {
        gatherer.take(row);
        return nullptr;
      },
      [](std::uint64_t) {});
  std::vector<TaskHold> holds = gatherer.finish();
  std::erase_if(holds, [&](const TaskHold& hold) {
    return hold.begin_epoch >= end_epoch || hold.end_epoch < begin_epoch;
  });
  return holds;
}

}  // namespace

Result<std::vector<TaskHold>> read_task_holds(const fs::path& root, std::int64_t begin_epoch,
                                              std::int64_t end_epoch, unsigned threads) {
  const auto tree = list_tree(root, [](const fs::path&, const std::string&) {});
  if (!tree) {
    return tl::make_unexpected(tree.error());
  }
  std::vector<fs::path> files;
  for (const TaskCsvs& task : tree->tasks) {
    std::ranges::copy(task.files, std::back_inserter(files));
  }
  std::vector<std::vector<TaskHold>> parts(files.size());
  std::vector<TaskCsvReader> readers(std::max(1U, threads));
  parallel_for(
      files.size(), static_cast<unsigned>(readers.size()),
      [&](std::size_t file, unsigned worker) {
        parts[file] = holds_of(files[file], begin_epoch, end_epoch, readers[worker]);
      },
      [] {});
  std::vector<TaskHold> holds;
  for (std::vector<TaskHold>& part : parts) {
    std::ranges::move(part, std::back_inserter(holds));
  }
  std::ranges::stable_sort(holds, {}, &TaskHold::begin_epoch);
  return holds;
}

}  // namespace wemol::reading
