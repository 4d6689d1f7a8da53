#pragma once

namespace wemol {

/// How far the rows of a round must be on their way to the disk before the round ends.
enum class SyncLevel {
  started,   ///< the kernel has begun to write them
  finished,  ///< the disk has them: a power cut does not lose them
};

}  // namespace wemol
