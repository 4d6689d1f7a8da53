#include "clock.h"

#include <unistd.h>

#include <ctime>

namespace wemol {

std::uint64_t boot_ticks_now() {
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * ticks_per_second +
         static_cast<std::uint64_t>(now.tv_nsec) * ticks_per_second / kNanosecondsPerSecond;
}

std::uint64_t to_monotonic_usec(SteadyTime time) {
  // libstdc++'s steady_clock is CLOCK_MONOTONIC.
  const auto usec = std::chrono::ceil<std::chrono::microseconds>(time.time_since_epoch()).count();
  return usec > 0 ? static_cast<std::uint64_t>(usec) : 0;
}

}  // namespace wemol
