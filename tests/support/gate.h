#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

namespace wemol::test {

/// Holds whoever passes it until the test opens it: a call that hangs.
class Gate {
 public:
  void pass() const {
    std::unique_lock lock(state_->mutex);
    ++state_->waiting;
    state_->changed.notify_all();
    state_->changed.wait(lock, [&] { return state_->is_open; });
    --state_->waiting;
  }
  void open() const { set(true); }
  void close() const { set(false); }
  /// Returns when somebody waits before it.
  void wait_for_one() const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->waiting > 0; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;
    int waiting = 0;
  };
  void set(bool is_open) const {
    const std::lock_guard lock(state_->mutex);
    state_->is_open = is_open;
    state_->changed.notify_all();
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();  // outlives the test's frame
};

}  // namespace wemol::test
