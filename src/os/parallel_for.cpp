#include "parallel_for.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace wemol::reading {

void parallel_for(std::size_t item_count, unsigned threads,
                  const std::function<void(std::size_t item, unsigned worker)>& work,
                  const std::function<void()>& meanwhile) {
  constexpr std::chrono::milliseconds kPause(100);
  std::atomic<std::size_t> next_item = 0;
  std::mutex mutex;
  std::condition_variable one_is_done;
  std::size_t running = 0;
  const auto work_on = [&](unsigned worker) {
    for (std::size_t item = next_item++; item < item_count; item = next_item++) {
      work(item, worker);
    }
  };
  std::vector<std::jthread> crew;
  for (unsigned worker = 0; worker < threads; ++worker) {
    const std::lock_guard lock(mutex);
    try {
      crew.emplace_back([&, worker] {
        work_on(worker);
        const std::lock_guard done_lock(mutex);
        --running;
        one_is_done.notify_one();
      });
    } catch (const std::system_error&) {
      break;
    }
    ++running;
  }
  if (crew.empty()) {
    work_on(0);
  }
  std::unique_lock lock(mutex);
  while (!one_is_done.wait_for(lock, kPause, [&] { return running == 0; })) {
    lock.unlock();
    meanwhile();
    lock.lock();
  }
}

}  // namespace wemol::reading
