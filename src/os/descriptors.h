#pragma once

#include <unistd.h>

#include <utility>

namespace wemol {

/// Owns one file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset(std::exchange(other.fd_, -1));
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// Whether a descriptor that spares an open() may stay open: while less than half of those that the
/// process may have are in use. The lowest free number is given to each new one, so its number
/// tells how many there are.
[[nodiscard]] bool may_stay_open(int fd);

/// Whether enough are free above this new one for what the program opens in passing: connections to
/// the engine, a command or helper with its pipes, the file of a row.
[[nodiscard]] bool leaves_enough(int fd);

/// Opens /dev/null for each of the standard streams that was closed when the program was started
/// (`2>&-`). Otherwise a CSV could get the number of standard error, and the log lines with it.
void open_missing_standard_streams();

}  // namespace wemol
