#pragma once

#include <cstddef>
#include <functional>

namespace wemol::reading {

/// Calls `work` for each item from 0 on, on that many threads at once (fewer where the system
/// refuses them), and `meanwhile` about ten times a second on the thread that has called.
/// `worker` is below the number of threads and tells them apart. Returns when all is done.
void parallel_for(std::size_t item_count, unsigned threads,
                  const std::function<void(std::size_t item, unsigned worker)>& work,
                  const std::function<void()>& meanwhile);

}  // namespace wemol::reading
