#pragma once

#include <filesystem>
#include <string>

#include <wemol/sink.h>

#include "row_files.h"
#include "time_text.h"

namespace wemol {

/// Appends each sample to `<output-dir>/<folder of the module>/<task id>.csv`, with the promises of
/// RowFiles, with a journal. First of all it replays the one that an earlier sink has left,
/// whatever the level: before it nothing may read the files.
class TaskCsvSink : public Sink {
 public:
  explicit TaskCsvSink(const std::filesystem::path& output_dir, SyncLevel sync = SyncLevel::started)
      : TaskCsvSink(output_dir, sync, {}) {}
  TaskCsvSink(const std::filesystem::path& output_dir, SyncLevel sync, RowFiles::Bounds bounds,
              const Clock& clock = host_clock());

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  RowFiles files_;
  LocalTimeText local_time_;
  std::string row_;  ///< the last one, for its memory
};

}  // namespace wemol
