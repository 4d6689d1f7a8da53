#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <wemol/sink.h>

#include "row_files.h"
#include "time_text.h"

namespace wemol {

/// Appends each sample to `<output-dir>/<folder of the module>/<task id>.csv`, with the promises of
/// RowFiles.
class TaskCsvSink : public Sink {
 public:
  explicit TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync = SyncLevel::started)
      : TaskCsvSink(std::move(output_dir), sync, {}) {}
  TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync, RowFiles::Bounds bounds,
              const Clock& clock = host_clock());

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  RowFiles files_;
  LocalTimeText local_time_;
  std::string row_;  ///< the last one, for its memory
};

}  // namespace wemol
