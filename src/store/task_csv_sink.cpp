#include "task_csv_sink.h"

#include "journal_replay.h"
#include "task_row.h"
#include "task_schema.h"

namespace wemol {

TaskCsvSink::TaskCsvSink(const std::filesystem::path& output_dir, SyncLevel sync,
                         RowFiles::Bounds bounds, const Clock& clock)
    : files_(output_dir, "csv", task_csv_header(), sync, bounds, clock) {
  replay_journal_and_log(output_dir);
  files_.use_journal();
}

Conditions TaskCsvSink::write(const Snapshot& snapshot) {
  for (const TaskSample& sample : snapshot.samples) {
    row_.clear();
    append_task_csv_row(sample, local_time_.of(sample.stats.read_at), row_);
    files_.add({.module_name = sample.module_name, .stem = sample.task.task_id}, row_, [&] {
      return RowFiles::Origin{.owner = "task " + sample.task.task_id,
                              .content = "container " + sample.container_name};
    });
  }
  return files_.flush();
}

}  // namespace wemol
