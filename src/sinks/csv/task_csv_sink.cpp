#include "task_csv_sink.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "folder_name.h"
#include "task_row.h"

namespace wemol {
namespace {

// A task without a reading for a while is the same task when it comes back.
constexpr std::uint64_t kRoundsRemembered = 100;

}  // namespace

/// What went wrong in one round, gathered over all files: a full disk is one condition, not ninety.
struct TaskCsvSink::Trouble {
  struct Rows {
    std::size_t rows = 0;
    std::size_t files = 0;
    std::string first_message;

    void add(std::size_t rows_of_file, AppendError&& error) {
      rows += rows_of_file;
      ++files;
      if (first_message.empty()) {
        first_message = std::move(error.message);
      }
    }
  };
  std::map<std::string, std::string> folders;  ///< that cannot be made, with the reason
  std::map<int, Rows> waiting;                 ///< rows that cannot be written, by errno
  std::map<int, Rows> not_taken;               ///< rows that did not reach the disk, by errno
};

TaskCsvSink::TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync, Bounds bounds)
    : output_dir_(std::move(output_dir)), sync_(sync), bounds_(bounds) {}

TaskCsvSink::~TaskCsvSink() {
  for (const auto& [key, destination] : destinations_) {
    if (!destination.waiting.empty()) {
      spdlog::error("{} rows of task {} for {} could not be written and are lost",
                    destination.waiting.size(), key.second, destination.file.folder().string());
    }
  }
}

Conditions TaskCsvSink::write(const Snapshot& snapshot) {
  ++round_;
  for (const TaskSample& sample : snapshot.samples) {
    const Key key{sample.module_name, sample.task.task_id};
    Destination& destination = destination_of(key, sample);
    destination.last_sampled_in = round_;
    enqueue(destination, task_csv_row(sample, local_time_.of(sample.stats.read_at)));
  }
  Trouble trouble;
  for (auto& [key, destination] : destinations_) {
    flush(key, destination, trouble);
  }
  if (sync_ == SyncLevel::finished) {
    // After all are written, so that the disk can take them together.
    for (auto& [key, destination] : destinations_) {
      sync(destination.file, trouble);
      sync(destination.fallback_file, trouble);
    }
  }
  std::erase_if(destinations_, [&](const auto& entry) {
    return entry.second.waiting.empty() &&
           round_ - entry.second.last_sampled_in > kRoundsRemembered;
  });
  return conditions_of(trouble);
}

TaskCsvSink::Destination& TaskCsvSink::destination_of(const Key& key, const TaskSample& sample) {
  const auto found = destinations_.find(key);
  if (found != destinations_.end()) {
    return found->second;
  }
  const auto& [module, task_id] = key;
  Destination destination{
      .container_name = sample.container_name,
      .file = CsvFile(output_dir_ / folder_name(module), task_id, task_csv_header()),
      .fallback_file = CsvFile(".", task_id, task_csv_header())};
  return destinations_.emplace(key, std::move(destination)).first->second;
}

void TaskCsvSink::enqueue(Destination& destination, std::string row) {
  if (waiting_bytes_ + row.size() > bounds_.waiting_bytes ||
      destination.waiting_bytes + row.size() > bounds_.waiting_bytes_per_task) {
    ++dropped_rows_;
    return;
  }
  waiting_bytes_ += row.size();
  destination.waiting_bytes += row.size();
  destination.waiting.push_back(std::move(row));
}

tl::expected<const CsvFile*, AppendError> TaskCsvSink::append_first_waiting(
    Destination& destination, Trouble& trouble) {
  const CsvFile* file = &destination.file;
  auto appended = destination.file.append(destination.waiting.front());
  if (!appended && appended.error().no_folder) {
    trouble.folders[destination.file.folder()] = appended.error().message;
    file = &destination.fallback_file;
    appended = destination.fallback_file.append(destination.waiting.front());
  }
  return appended.map([&] { return file; });
}

void TaskCsvSink::flush(const Key& key, Destination& destination, Trouble& trouble) {
  while (!destination.waiting.empty()) {
    auto appended = append_first_waiting(destination, trouble);
    if (!appended) {
      trouble.waiting[appended.error().code].add(destination.waiting.size(),
                                                 std::move(appended.error()));
      return;
    }
    if (const std::string& path = (*appended)->path(); path != destination.path) {
      destination.path = path;
      // The path holds the module's name without whatever could break a line of the log.
      spdlog::info("task {}: container {} is recorded in {}", key.second,
                   destination.container_name, destination.path);
    }
    const std::size_t row_bytes = destination.waiting.front().size();
    waiting_bytes_ -= row_bytes;
    destination.waiting_bytes -= row_bytes;
    destination.waiting.pop_front();
  }
}

void TaskCsvSink::sync(CsvFile& file, Trouble& trouble) {
  const std::size_t rows = file.rows_to_sync();
  if (auto synced = file.sync(); !synced) {
    rows_not_taken_ += rows;
    trouble.not_taken[synced.error().code].add(rows, std::move(synced.error()));
  }
}

Conditions TaskCsvSink::conditions_of(const Trouble& trouble) const {
  Conditions conditions;
  for (const auto& [folder, reason] : trouble.folders) {
    conditions.push_back(
        {.key = "csv folder/" + folder,
         .severity = Severity::error,
         .message = fmt::format("the folder cannot be made: {}; its files are "
                                "written to the current directory ({}) instead",
                                reason, std::filesystem::current_path().string())});
  }
  for (const auto& [code, waiting] : trouble.waiting) {
    std::string message = fmt::format(
        "rows cannot be written: {}; {} rows of {} files wait in memory and are tried "
        "again in every round",
        waiting.first_message, waiting.rows, waiting.files);
    if (dropped_rows_ > 0) {
      message +=
          fmt::format("; {} rows are lost so far: at most {} bytes wait for one task and {} in all",
                      dropped_rows_, bounds_.waiting_bytes_per_task, bounds_.waiting_bytes);
    }
    conditions.push_back({.key = fmt::format("csv write/{}", code),
                          .severity = Severity::error,
                          .message = std::move(message)});
  }
  for (const auto& [code, rows] : trouble.not_taken) {
    conditions.push_back(
        {.key = fmt::format("csv sync/{}", code),
         .severity = Severity::error,
         .message = fmt::format("the disk did not take rows that were written: {}; {} rows of {} "
                                "files ({} since the start) may be missing now or after a power "
                                "cut, and are not written again",
                                rows.first_message, rows.rows, rows.files, rows_not_taken_)});
  }
  return conditions;
}

}  // namespace wemol
