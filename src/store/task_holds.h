#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <wemol/result.h>

namespace wemol::reading {

/// A task on a GPU without a break, as the rows of its CSV tell it: from the first row that names
/// the GPU to the last.
struct TaskHold {
  std::string task_id;
  unsigned gpu_index = 0;  ///< as the driver counts
  std::int64_t begin_epoch = 0;
  std::int64_t end_epoch = 0;
};

/// The holds of a recorder's output folder that touch the time, in order of their beginning, read
/// by that many threads. Fails when the folder cannot be listed. A file that cannot be read, or a
/// bad line, holds nothing.
[[nodiscard]] Result<std::vector<TaskHold>> read_task_holds(const std::filesystem::path& root,
                                                            std::int64_t begin_epoch,
                                                            std::int64_t end_epoch,
                                                            unsigned threads = 1);

}  // namespace wemol::reading
