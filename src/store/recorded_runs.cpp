#include "recorded_runs.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "ledger_runs.h"
#include "parallel_for.h"
#include "recorded_tree.h"
#include "sampled_runs.h"
#include "task_row_reader.h"

namespace wemol::reading {
namespace {

struct FileState {
  std::uint64_t size = 0;
  WallTime changed_at;
};

FileState state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    return {.size = 0, .changed_at = WallTime::max()};  // reading it will tell why
  }
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .changed_at = WallTime(std::chrono::duration_cast<WallTime::duration>(
              std::chrono::seconds(status.st_mtim.tv_sec) +
              std::chrono::nanoseconds(status.st_mtim.tv_nsec)))};
}

/// The tasks whose CSVs may hold what no ledger does.
class SampleReading {
 public:
  explicit SampleReading(const LedgerIndex& ledgers) : ledgers_(ledgers) {}

  /// Leaves the task out when the ledgers hold it and its files are no younger.
  void plan(TaskCsvs&& task) {
    const bool is_held = ledgers_.holds_task(task.task_id);
    const auto last_end = ledgers_.last_end(task.task_id);
    std::uint64_t size = 0;
    bool may_hold_more = !is_held || !last_end;
    for (const std::filesystem::path& file : task.files) {
      const FileState state = state_of(file);
      size += state.size;
      may_hold_more = may_hold_more || is_of_later_run(state.changed_at, *last_end);
    }
    if (may_hold_more) {
      bytes_in_all_ += size;
      tasks_.push_back({.csvs = std::move(task), .size = size});
    }
  }

  void run(unsigned threads, const std::function<void(RecordedRun&&)>& take,
           const Progress& progress, ReadingReport& report);

 private:
  struct Task {
    TaskCsvs csvs;
    std::uint64_t size = 0;
  };

  const LedgerIndex& ledgers_;
  std::vector<Task> tasks_;
  std::uint64_t bytes_in_all_ = 0;
};

/// The files in the order in which they were begun.
std::vector<std::filesystem::path> in_order_of_time(const std::vector<std::filesystem::path>& files,
                                                    TaskCsvReader& reader) {
  if (files.size() < 2) {
    return files;
  }
  std::vector<std::pair<WallTime, std::filesystem::path>> timed;
  timed.reserve(files.size());
  for (const std::filesystem::path& file : files) {
    timed.emplace_back(reader.first_time(file).value_or(WallTime::max()), file);
  }
  std::ranges::stable_sort(timed, {}, &decltype(timed)::value_type::first);
  std::vector<std::filesystem::path> ordered;
  ordered.reserve(files.size());
  for (auto& [time, file] : timed) {
    ordered.push_back(std::move(file));
  }
  return ordered;
}

/// Whether each of the files ends with a run that the ledgers hold.
bool end_with_held_runs(const TaskCsvs& task, const LedgerIndex& ledgers, TaskCsvReader& reader) {
  return ledgers.holds_task(task.task_id) &&
         std::ranges::all_of(task.files, [&](const std::filesystem::path& file) {
           const auto last = reader.last_row(file);
           const auto until =
               last ? ledgers.held_until(task.task_id, last->container) : std::nullopt;
           return until && !is_of_later_run(last->read_at, *until);
         });
}

SampledRuns read_samples(const TaskCsvs& task, const LedgerIndex& ledgers, TaskCsvReader& reader,
                         const TaskCsvReader::NoteBytes& note_bytes) {
  SampledRuns runs(
      [&](std::string_view container) { return ledgers.held_until(task.task_id, container); });
  RepeatedRows repeated(task.files.size());
  for (const std::filesystem::path& file : in_order_of_time(task.files, reader)) {
    repeated.begin_file(file);
    reader.read(
        file,
        [&](const TaskRow& row) {
          return repeated.holds(row.container, row.usage.read_at) || runs.add(row)
                     ? nullptr
                     : "more containers than a task can have";
        },
        note_bytes);
  }
  reader.note(repeated);
  return runs;
}

void SampleReading::run(unsigned threads, const std::function<void(RecordedRun&&)>& take,
                        const Progress& progress, ReadingReport& report) {
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, tasks_.size()));
  std::vector<TaskCsvReader> readers(threads);
  std::atomic<std::uint64_t> bytes_done = 0;
  std::mutex taking;
  const auto read_task = [&](std::size_t item, unsigned worker) {
    const Task& task = tasks_[item];
    if (end_with_held_runs(task.csvs, ledgers_, readers[worker])) {
      bytes_done += task.size;
      return;
    }
    const SampledRuns runs = read_samples(task.csvs, ledgers_, readers[worker],
                                          [&](std::uint64_t bytes) { bytes_done += bytes; });
    const std::lock_guard lock(taking);
    runs.hand_out(take);
  };
  parallel_for(tasks_.size(), threads, read_task, [&] {
    if (progress) {
      progress(std::min(bytes_done.load(), bytes_in_all_), bytes_in_all_);
    }
  });
  for (TaskCsvReader& reader : readers) {
    add_report(report, reader.take_report());
  }
}

Result<RecordedTree> list_request(const ReadingRequest& request, ReadingReport& report) {
  return list_tree(request.root, [&](const std::filesystem::path& folder, std::string reason) {
    note_bad_file(report, folder, std::move(reason));
  });
}

unsigned thread_count(const ReadingRequest& request) {
  return request.threads > 0 ? request.threads : std::max(1U, std::thread::hardware_concurrency());
}

/// When it began, as far as that is known.
WallTime begin_of(const RecordedRun& run) {
  return run.summary.started_at.value_or(
      run.first_read_at.value_or(run.summary.ended_at.value_or(WallTime::min())));
}

Error nothing_of_task(const ReadingRequest& request, const std::string& task_id,
                      const std::vector<BadLine>& bad_lines) {
  if (bad_lines.empty()) {
    return {.message = fmt::format("{}: nothing of a task {} is recorded here",
                                   request.root.string(), task_id)};
  }
  const BadLine& bad = bad_lines.front();
  return {.message =
              fmt::format("{}:{} {}; of task {} nothing can be read", bad.file.string(),
                          bad.line > 0 ? fmt::format("{}:", bad.line) : "", bad.reason, task_id)};
}

}  // namespace

Result<ReadingReport> read_runs(const ReadingRequest& request,
                                const std::function<void(RecordedRun&&)>& take,
                                const Progress& progress) {
  ReadingReport report;
  Result<RecordedTree> tree = list_request(request, report);
  if (!tree) {
    return tl::make_unexpected(tree.error());
  }
  LedgerIndex ledgers;
  if (!request.samples_only) {
    read_ledgers(tree->ledgers, ledgers, report,
                 [&](RunSummary&& run) { take({.summary = std::move(run)}); });
  }
  SampleReading samples(ledgers);
  for (TaskCsvs& task : tree->tasks) {
    samples.plan(std::move(task));
  }
  samples.run(thread_count(request), take, progress, report);
  return report;
}

Result<TaskFiles> find_task(const ReadingRequest& request, const std::string& task_id) {
  ReadingReport report;
  const Result<RecordedTree> tree = list_request(request, report);
  if (!tree) {
    return tl::make_unexpected(tree.error());
  }
  TaskFiles found;
  LedgerIndex ledgers;
  if (!request.samples_only) {
    read_ledgers(tree->ledgers, ledgers, report, [&](RunSummary&& run) {
      if (run.task_id == task_id) {
        found.runs.push_back({.summary = std::move(run)});
      }
    });
  }
  TaskCsvReader reader;
  const auto task = std::ranges::find(tree->tasks, task_id, &TaskCsvs::task_id);
  if (task != tree->tasks.end()) {
    found.csv_files = in_order_of_time(task->files, reader);
    std::erase_if(found.csv_files, [&](const auto& file) { return !reader.first_time(file); });
    read_samples(*task, ledgers, reader, [](std::uint64_t) {}).hand_out([&](RecordedRun&& run) {
      found.runs.push_back(std::move(run));
    });
  }
  const ReadingReport read = reader.take_report();
  if (found.csv_files.empty() && found.runs.empty()) {
    return tl::make_unexpected(nothing_of_task(request, task_id, read.first_bad_lines));
  }
  std::ranges::stable_sort(found.runs, {}, begin_of);
  return found;
}

Result<ReadingReport> read_task_rows(const std::filesystem::path& file,
                                     const std::function<void(const TaskRow&)>& take) {
  TaskCsvReader reader;
  reader.read(
      file,
      [&](const TaskRow& row) -> const char* {
        take(row);
        return nullptr;
      },
      [](std::uint64_t) {});
  ReadingReport report = reader.take_report();
  if (report.task_files == 0) {
    return failure(fmt::format("{}: {}", file.string(), report.first_bad_lines.front().reason));
  }
  return report;
}

}  // namespace wemol::reading
