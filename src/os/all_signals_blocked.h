#pragma once

#include <csignal>

namespace wemol {

/// In the calling thread, as long as this lives: a thread that begins meanwhile gets no signal of
/// the process (an event loop hears of those only that are blocked in every thread), and in a child
/// that does no handler runs.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace wemol
