// Loaded before libc (LD_PRELOAD): the wall clock is off by as many seconds as the file says that
// the environment names in STEPPED_CLOCK. All other clocks stay as they are.

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

long offset_seconds() {
  long offset = 0;
  const char* const path = std::getenv("STEPPED_CLOCK");
  std::FILE* const file = path != nullptr ? std::fopen(path, "re") : nullptr;
  if (file != nullptr) {
    if (std::fscanf(file, "%ld", &offset) != 1) {
      offset = 0;
    }
    std::fclose(file);
  }
  return offset;
}

timespec stepped_now() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  now.tv_sec += offset_seconds();
  return now;
}

}  // namespace

extern "C" {

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's are reserved names
int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (clock != CLOCK_REALTIME) {
    return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  }
  *out = stepped_now();
  return 0;
}

int gettimeofday(timeval* __restrict out, void* /*zone*/) noexcept {
  const timespec now = stepped_now();
  *out = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const time_t now = stepped_now().tv_sec;
  if (out != nullptr) {
    *out = now;
  }
  return now;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
