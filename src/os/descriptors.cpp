#include "descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wemol {

namespace {

constexpr rlim_t kOpenedInPassing = 20;

/// 0 when it is unknown.
rlim_t descriptors_at_most() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace

bool may_stay_open(int fd) {
  return static_cast<rlim_t>(fd) < descriptors_at_most() / 2;
}

bool leaves_enough(int fd) {
  return static_cast<rlim_t>(fd) + kOpenedInPassing < descriptors_at_most();
}

void open_missing_standard_streams() {
  int fd = -1;
  do {
    fd = open("/dev/null", O_RDWR);  // takes the lowest free number
  } while (fd >= 0 && fd <= STDERR_FILENO);
  close(fd);
}

}  // namespace wemol
