#pragma once

#include <sys/resource.h>

#include <csignal>

namespace wemol::test {

/// No file of this process grows beyond that many bytes while it lives, as on a full disk.
class WrittenBytesLimit {
 public:
  explicit WrittenBytesLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  WrittenBytesLimit(const WrittenBytesLimit&) = delete;
  WrittenBytesLimit& operator=(const WrittenBytesLimit&) = delete;
  ~WrittenBytesLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    (void)std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace wemol::test
