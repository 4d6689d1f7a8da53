#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "command_file.h"
#include "job.h"

namespace wemol::queue {

/// A block that the file had when it was read before, and the job that came of it.
struct KnownBlock {
  JobId job = 0;
  JobSpec spec;  ///< as the file had it
};

struct FileChange {
  std::vector<std::size_t> added;  ///< indices into the reading's blocks, ascending
  std::vector<JobId> removed;      ///< their blocks are gone, whatever state the jobs are in
  /// For each block of the reading its job; absent where it is added.
  std::vector<std::optional<JobId>> jobs;
};

/// What has become of the blocks, in file order both. A block is the same when its content is;
/// where several are alike, those in the same order among their neighbours, else the later ones,
/// are taken for those that stayed. One that was moved stays. While the reading has errors nothing
/// counts as removed: any of the missing ones may be the one that was refused.
[[nodiscard]] FileChange compare(std::span<const KnownBlock> before, const CommandFileReading& now);

}  // namespace wemol::queue
