#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <wemol/sink.h>

#include "csv_file.h"
#include "local_time_text.h"
#include "sync_level.h"

namespace wemol {

/// Appends each sample to `<output-dir>/<folder of the module>/<task id>.csv`. When the folder
/// cannot be made, to the current directory. A row that cannot be written waits in memory and is
/// tried again in every round, in order, so that no task waits for another's trouble; what goes
/// beyond the bounds is dropped, counted and said. With SyncLevel::finished `write` waits for the
/// disk; rows that it did not take are counted and said.
class TaskCsvSink : public Sink {
 public:
  struct Bounds {
    std::size_t waiting_bytes_per_task = std::size_t{1} << 20;
    std::size_t waiting_bytes = std::size_t{8} << 20;
  };

  explicit TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync = SyncLevel::started)
      : TaskCsvSink(std::move(output_dir), sync, {}) {}
  TaskCsvSink(std::filesystem::path output_dir, SyncLevel sync, Bounds bounds);
  ~TaskCsvSink() override;

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  /// The file of one task, with the rows that wait for it.
  struct Destination {
    std::string container_name;  ///< of the first sample, for the log
    CsvFile file;
    CsvFile fallback_file;
    std::string path;  ///< of the file that took the last row; empty: none yet
    std::deque<std::string> waiting;
    std::size_t waiting_bytes = 0;
    std::uint64_t last_sampled_in = 0;  ///< round
  };
  using Key = std::pair<std::string, std::string>;  ///< module, task id
  struct Trouble;

  Destination& destination_of(const Key& key, const TaskSample& sample);
  /// The file that took it.
  [[nodiscard]] static tl::expected<const CsvFile*, AppendError> append_first_waiting(
      Destination& destination, Trouble& trouble);
  void enqueue(Destination& destination, std::string row);
  void flush(const Key& key, Destination& destination, Trouble& trouble);
  void sync(CsvFile& file, Trouble& trouble);
  [[nodiscard]] Conditions conditions_of(const Trouble& trouble) const;

  std::filesystem::path output_dir_;
  SyncLevel sync_;
  Bounds bounds_;
  std::map<Key, Destination> destinations_;
  LocalTimeText local_time_;
  std::size_t waiting_bytes_ = 0;
  std::size_t dropped_rows_ = 0;
  std::size_t rows_not_taken_ = 0;  ///< by the disk
  std::uint64_t round_ = 0;
};

}  // namespace wemol
