// A clock that can be set for one program: LD_PRELOAD adds the seconds in the file
// WEMOL_CLOCK_OFFSET to the time of day, each time that it is asked. What counts from the start of
// the system goes on.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace {

long long offset_seconds() {
  static const int file = [] {
    const char* const path = std::getenv("WEMOL_CLOCK_OFFSET");
    return path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  }();
  std::array<char, 32> text{};
  return file >= 0 && pread(file, text.data(), text.size() - 1, 0) > 0 ? std::atoll(text.data())
                                                                       : 0;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto call = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int failed = call(clock, time);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += offset_seconds();
  }
  return failed;
}

int gettimeofday(timeval* time, void* zone) noexcept {
  static const auto call = real<int (*)(timeval*, void*)>("gettimeofday");
  const int failed = call(time, zone);
  if (failed == 0) {
    time->tv_sec += offset_seconds();
  }
  return failed;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) {
    *result = now.tv_sec;
  }
  return now.tv_sec;
}
}
