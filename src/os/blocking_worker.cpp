#include "blocking_worker.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

namespace wemol {

/// Belongs to the worker and its thread, whichever goes last.
struct BlockingWorker::State {
  std::mutex mutex;
  std::condition_variable changed;
  Job job;
  bool is_busy = false;
  bool is_over = false;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return is_busy || is_over; });
      if (!is_busy) {
        return;
      }
      Job own = std::exchange(job, {});
      lock.unlock();
      own();
      own = {};  // what it owns goes before anybody hears that it has ended
      lock.lock();
      is_busy = false;
      changed.notify_all();
    }
  }
};

namespace {

/// Signals are for the event loop: it hears of those only that are blocked in every thread.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all{};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

BlockingWorker::BlockingWorker() : state_(std::make_shared<State>()) {}

BlockingWorker::~BlockingWorker() {
  if (!thread_.joinable()) {
    return;
  }
  bool hangs = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_over = true;
    hangs = state_->is_busy;
    state_->changed.notify_all();
  }
  if (hangs) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

bool BlockingWorker::start(Job job) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->is_busy) {
      return false;
    }
    state_->job = std::move(job);
    state_->is_busy = true;
    state_->changed.notify_all();
  }
  if (!thread_.joinable()) {
    const BlockedSignals blocked;
    thread_ = std::thread([state = state_] { state->work(); });
  }
  return true;
}

bool BlockingWorker::is_busy() const {
  const std::lock_guard lock(state_->mutex);
  return state_->is_busy;
}

bool BlockingWorker::finish_by(SteadyTime due) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_until(lock, due, [this] { return !state_->is_busy; });
}

}  // namespace wemol
