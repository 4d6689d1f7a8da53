#include "process_generation.h"

#include <pthread.h>

namespace wemol::sdk {
namespace {

// Both without a constructor or destructor that does anything: others may use them from the first
// moment of the process to the very last.
constinit std::mutex process_mutex;
constinit std::atomic<std::uint32_t> process_generation{0};

[[maybe_unused]] const int registered =
    pthread_atfork([] { process_mutex.lock(); }, [] { process_mutex.unlock(); },
                   [] {
                     process_generation.fetch_add(1, std::memory_order_release);
                     process_mutex.unlock();
                   });

}  // namespace

std::uint32_t generation() {
  return process_generation.load(std::memory_order_acquire);
}

std::unique_lock<std::mutex> lock_process() {
  return std::unique_lock(process_mutex);
}

}  // namespace wemol::sdk
