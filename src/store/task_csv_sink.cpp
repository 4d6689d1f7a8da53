#include "task_csv_sink.h"

#include <utility>

#include "task_row.h"
#include "task_schema.h"

namespace wemol {

TaskCsvSink::TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync, RowFiles::Bounds bounds)
    : files_(std::move(output_dir), "csv", task_csv_header(), sync, bounds) {}

Conditions TaskCsvSink::write(const Snapshot& snapshot) {
  for (const TaskSample& sample : snapshot.samples) {
    files_.add(
        {.module_name = sample.module_name, .stem = sample.task.task_id},
        {.owner = "task " + sample.task.task_id, .content = "container " + sample.container_name},
        task_csv_row(sample, local_time_.of(sample.stats.read_at)));
  }
  return files_.flush();
}

}  // namespace wemol
