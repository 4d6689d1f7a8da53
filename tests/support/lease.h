#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace wemol::test {

/// A process that holds a lease on a file. Who opens the file without care waits until the kernel
/// takes the lease away, 45 s as a rule.
class Lease {
 public:
  explicit Lease(const std::filesystem::path& file) {
    int ready[2] = {-1, -1};
    [[maybe_unused]] const int made = pipe2(ready, O_CLOEXEC);
    pid_ = fork();
    if (pid_ == 0) {
      std::signal(SIGIO, SIG_IGN);
      const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
      held_ = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
      [[maybe_unused]] const ssize_t told = write(ready[1], &held_, sizeof held_);
      pause();
      _exit(0);
    }
    close(ready[1]);
    [[maybe_unused]] const ssize_t heard = read(ready[0], &held_, sizeof held_);
    close(ready[0]);
  }
  ~Lease() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  [[nodiscard]] bool held() const { return held_; }

 private:
  pid_t pid_ = -1;
  bool held_ = false;
};

}  // namespace wemol::test
