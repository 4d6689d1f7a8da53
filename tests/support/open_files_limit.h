#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wemol::test {

/// Lets this process open only a few more files while it lives.
class OpenFilesLimit {
 public:
  explicit OpenFilesLimit(rlim_t more) {
    getrlimit(RLIMIT_NOFILE, &old_);
    const int next_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next_free);
    const rlimit limit{static_cast<rlim_t>(next_free) + more, old_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  OpenFilesLimit(const OpenFilesLimit&) = delete;
  OpenFilesLimit& operator=(const OpenFilesLimit&) = delete;
  ~OpenFilesLimit() { setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

}  // namespace wemol::test
