#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <wemol/result.h>

#include "job.h"

namespace wemol::queue {

/// A try that has ended, as a line of history.jsonl has it.
struct EndedTry {
  JobId job = 0;
  std::string queue;
  unsigned number = 0;  ///< of the job's tries, from 1
  std::string uni_id;
  std::string user;
  std::string host;
  std::vector<std::string> cards;
  std::uint64_t memory_bytes = 0;  ///< that it asked for, on each card
  std::optional<WallTime> started_at;
  WallTime ended_at;
  bool is_canceled = false;
  TryResult result;
};

/// Of a job while its try counts as running, so before note_ended() changes it.
[[nodiscard]] EndedTry ended_try(const Job& running, const TryResult& result, bool is_canceled,
                                 WallTime ended_at);

/// "<state>/history.jsonl": one line of JSON for each try that has ended, for wemol-report. A file
/// that has grown to `most_bytes` becomes "history.1.jsonl", and that one "history.2.jsonl".
class HistoryFile {
 public:
  static constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 20U;

  explicit HistoryFile(std::filesystem::path state_dir, std::uintmax_t most_bytes = kMostBytes)
      : folder_(std::move(state_dir)), most_bytes_(most_bytes) {}

  /// In one piece. Half a line that a crash or a full disk has left does not spoil this one.
  [[nodiscard]] Result<void> append(const EndedTry& ended) const;

  /// Of the tries in the file and in the one before it, in the order in which they ended.
  [[nodiscard]] std::vector<std::string> uni_ids() const;

 private:
  [[nodiscard]] std::filesystem::path path(int age) const;
  void rotate() const;

  std::filesystem::path folder_;
  std::uintmax_t most_bytes_;
};

}  // namespace wemol::queue
