#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "changes.h"
#include "decision.h"

namespace wemol::queue {

inline constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

/// A moment so many seconds after the test's begin, on both clocks.
inline Moment at(double seconds) {
  const auto passed =
      std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(seconds));
  return {SteadyTime(std::chrono::hours(1000)) + passed,
          WallTime(std::chrono::hours(490'000)) + passed};
}

inline Card card(unsigned index, std::uint64_t free_gigabytes, std::uint64_t total_gigabytes = 80) {
  return {.uuid = "GPU-" + std::to_string(index),
          .index = index,
          .visible_as = "GPU-" + std::to_string(index),
          .name = "test",
          .memory_total_bytes = total_gigabytes * kGigabyte,
          .memory_free_bytes = free_gigabytes * kGigabyte};
}

inline CardLook cards(unsigned count, std::uint64_t free_gigabytes = 80) {
  CardLook look;
  for (unsigned i = 0; i < count; ++i) {
    look.cards.push_back(card(i, free_gigabytes));
  }
  return look;
}

inline JobSpec spec(std::string queue, std::uint64_t gigabytes = 20, unsigned gpus = 1) {
  return {.queue = std::move(queue),
          .commands = {"true"},
          .memory_bytes = gigabytes * kGigabyte,
          .gpus = gpus};
}

inline QueueSettings settings(unsigned gpu_left = 0) {
  QueueSettings settings;
  settings.gpu_left = gpu_left;
  return settings;
}

inline TryResult success() {
  return {.has_succeeded = true};
}
inline TryResult failed(Failure failure = Failure::exit_status) {
  return {.failure = failure, .code = 1};
}

inline void start(SchedulerState& state, const Start& start, const Moment& now) {
  note_started(state, start.job, start.cards, "compete_" + std::to_string(start.job),
               {.pid = static_cast<std::int32_t>(start.job), .start_ticks = 1}, now);
}

}  // namespace wemol::queue
