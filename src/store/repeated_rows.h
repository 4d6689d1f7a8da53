#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "recorded_runs.h"

namespace wemol::reading {

/// Finds the rows of one task that another of its files has too, since somebody has copied or
/// linked a file or a folder: same container, same time. Two of one file are no repetition: with an
/// interval below a second they are two readings.
///
/// Keeps the times of a task's rows, and those only where the task has several files.
class RepeatedRows {
 public:
  explicit RepeatedRows(std::size_t file_count) : file_count_(file_count) {}

  void begin_file(const std::filesystem::path& file);
  /// Whether a file before this one has the row.
  [[nodiscard]] bool holds(std::string_view container, WallTime read_at) {
    return file_count_ > 1 && holds_among_several(container, read_at);
  }
  /// After the last file.
  void note(ReadingReport& report) const;

 private:
  using Times = std::vector<WallTime>;
  struct FileTimes {
    std::size_t file = 0;
    Times times;  ///< sorted, except those of the file that is being read
  };
  struct Container {
    std::string name;
    std::vector<FileTimes> files;
  };

  [[nodiscard]] bool holds_among_several(std::string_view container, WallTime read_at);
  [[nodiscard]] Container& container_of(std::string_view name);
  void count_repeat(std::size_t of);

  std::size_t file_count_;
  std::vector<std::filesystem::path> files_;
  std::vector<Container> containers_;
  std::size_t last_ = 0;  ///< whose row the last one was
  std::vector<Repeat> repeats_;
};

}  // namespace wemol::reading
