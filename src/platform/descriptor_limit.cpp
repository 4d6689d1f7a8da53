#include "descriptor_limit.h"

#include <sys/resource.h>

namespace wemol {

bool may_stay_open(int fd) {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(fd) < limit.rlim_cur / 2;
}

}  // namespace wemol
