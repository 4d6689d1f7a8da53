#include "dispatcher.h"

#include <cxxabi.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "process_generation.h"

namespace wemol::sdk {
namespace {

/// The process's signals are its own threads' business, but for those that a fault of this very
/// thread raises.
sigset_t outside_signals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    sigdelset(&signals, own);
  }
  return signals;
}

template <typename Function>
std::thread start_thread(Function function) {
  const sigset_t blocked = outside_signals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  struct Restore {
    const sigset_t& before;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  };
  const Restore restore{before};
  return std::thread(std::move(function));
}

}  // namespace

struct Dispatcher::State {
  struct Entry {
    std::uint64_t id = 0;
    std::shared_ptr<const Callback> callback;
  };

  explicit State(OnError given) : on_error(std::move(given)) {}

  [[nodiscard]] bool is_own_thread() const { return runner == std::this_thread::get_id(); }
  /// Null: it was removed.
  [[nodiscard]] std::shared_ptr<const Callback> find(std::uint64_t id) const {
    const auto entry = std::ranges::find(entries, id, &Entry::id);
    return entry == entries.end() ? nullptr : entry->callback;
  }
  void run();
  /// With the lock held; it is given up for the call.
  void call(std::uint64_t id, const MomentPtr& moment, std::unique_lock<std::mutex>& lock);

  const OnError on_error;
  const std::uint32_t home = generation();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Entry> entries;
  std::uint64_t last_id = 0;
  std::uint64_t running_id = 0;  ///< of the callback that is called now
  MomentPtr pending;
  bool is_stopped = false;
  bool has_ended = true;   ///< there is no thread
  std::thread::id runner;  ///< also of a thread that was left to itself
  std::thread thread;
};

Dispatcher::Dispatcher(OnError on_error) : state_(std::make_shared<State>(std::move(on_error))) {}

std::uint64_t Dispatcher::add(Callback callback) {
  const std::lock_guard lock(state_->mutex);
  if (state_->is_stopped) {
    return 0;
  }
  if (!state_->thread.joinable()) {
    state_->has_ended = false;
    try {
      state_->thread = start_thread([state = state_] { state->run(); });
    } catch (...) {
      state_->has_ended = true;
      throw;
    }
  }
  state_->entries.push_back(
      {.id = ++state_->last_id, .callback = std::make_shared<const Callback>(std::move(callback))});
  return state_->last_id;
}

void Dispatcher::remove(std::uint64_t id) {
  // Goes behind the lock: what a callback owns may call us as it goes.
  std::shared_ptr<const Callback> removed;
  std::unique_lock lock(state_->mutex);
  const auto entry = std::ranges::find(state_->entries, id, &State::Entry::id);
  if (entry != state_->entries.end()) {
    removed = std::move(entry->callback);
    state_->entries.erase(entry);
  }
  if (!state_->is_own_thread()) {
    state_->changed.wait(lock, [&] { return state_->running_id != id; });
  }
  lock.unlock();
}

void Dispatcher::offer(MomentPtr moment) {
  MomentPtr passed_over;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->entries.empty() || state_->is_stopped) {
      return;
    }
    passed_over = std::exchange(state_->pending, std::move(moment));
  }
  state_->changed.notify_all();
}

bool Dispatcher::stop(std::chrono::nanoseconds patience) {
  std::vector<State::Entry> removed;
  MomentPtr passed_over;
  std::unique_lock lock(state_->mutex);
  state_->is_stopped = true;
  removed.swap(state_->entries);
  passed_over.swap(state_->pending);
  state_->changed.notify_all();
  if (!state_->thread.joinable()) {
    return state_->has_ended;
  }
  if (state_->is_own_thread()) {
    state_->thread.detach();
    return true;
  }
  std::thread thread;
  const bool has_ended =
      state_->changed.wait_for(lock, patience, [this] { return state_->has_ended; });
  thread.swap(state_->thread);
  lock.unlock();
  if (!thread.joinable()) {  // somebody else has stopped it meanwhile
    return has_ended;
  }
  if (has_ended) {
    thread.join();
  } else {
    thread.detach();
  }
  return has_ended;
}

void Dispatcher::State::run() {
  pthread_setname_np(pthread_self(), "wemol-callbacks");
  std::unique_lock lock(mutex);
  runner = std::this_thread::get_id();
  while (true) {
    changed.wait(lock, [this] { return is_stopped || pending != nullptr; });
    if (is_stopped) {
      break;
    }
    const MomentPtr moment = std::exchange(pending, nullptr);
    std::vector<std::uint64_t> ids;
    for (const Entry& entry : entries) {
      ids.push_back(entry.id);
    }
    for (const std::uint64_t id : ids) {
      call(id, moment, lock);
      if (generation() != home) {
        // A callback has forked, and this is the child, in which this is the only thread.
        lock.release();
        return;
      }
    }
  }
  runner = {};
  has_ended = true;
  // Last of all: whoever stops may be gone, but not the state, which this thread owns too.
  changed.notify_all();
}

void Dispatcher::State::call(std::uint64_t id, const MomentPtr& moment,
                             std::unique_lock<std::mutex>& lock) {
  std::shared_ptr<const Callback> callback = find(id);
  if (!callback) {
    return;
  }
  running_id = id;
  lock.unlock();
  std::string error;
  bool has_thrown = false;
  try {
    (*callback)(moment);
  } catch (const std::exception& thrown) {
    has_thrown = true;
    error = thrown.what();
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled
  } catch (...) {
    has_thrown = true;
    error = "an exception of an unknown type";
  }
  if (generation() != home) {
    return;
  }
  if (has_thrown) {
    on_error(error);
  }
  callback.reset();
  std::shared_ptr<const Callback> removed;
  lock.lock();
  running_id = 0;
  if (has_thrown) {
    const auto entry = std::ranges::find(entries, id, &Entry::id);
    if (entry != entries.end()) {
      removed = std::move(entry->callback);
      entries.erase(entry);
    }
  }
  changed.notify_all();
  if (removed) {
    lock.unlock();
    removed.reset();
    lock.lock();
  }
}

}  // namespace wemol::sdk
