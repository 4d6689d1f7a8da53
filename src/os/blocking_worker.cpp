#include "blocking_worker.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "all_signals_blocked.h"

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
    const AllSignalsBlocked blocked;
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

PatientFileReader::PatientFileReader(std::shared_ptr<const FileReader> files,
                                     std::chrono::nanoseconds longest_wait)
    : files_(std::move(files)),
      longest_wait_(longest_wait),
      worker_(std::make_unique<BlockingWorker>()),
      allowance_left_(longest_wait) {}

void PatientFileReader::change_file_system() {
  worker_ = std::make_unique<BlockingWorker>();
  reading_.reset();
  allowance_from_ = {};  // what the other one has taken is not its fault
}

std::vector<Result<std::string>> PatientFileReader::read_first(
    std::span<const std::filesystem::path> paths, std::size_t max_bytes) const {
  const auto none_because = [&](const std::string& why) {
    Texts failures;
    for (const std::filesystem::path& path : paths) {
      failures.emplace_back(failure(path.string() + why, ETIMEDOUT));
    }
    return failures;
  };
  if (worker_->is_busy()) {
    return none_because(" has not been read: the file system has not answered for " +
                        reading_->paths.front().string());
  }
  if (auto late = late_answer(paths)) {
    return std::move(*late);
  }
  reading_ = std::make_shared<Reading>(Reading{.paths = {paths.begin(), paths.end()}, .texts = {}});
  const auto job = [files = files_, reading = reading_, max_bytes] {
    reading->texts = files->read_first(reading->paths, max_bytes);
  };
  const SteadyTime began = std::chrono::steady_clock::now();
  const bool started = worker_->start(job);
  const bool ended = started && worker_->finish_by(began + allowance(began));
  allowance_left_ -= std::chrono::steady_clock::now() - began;
  if (!ended) {
    return none_because(": the file system has not answered");
  }
  return std::move(std::exchange(reading_, nullptr)->texts);
}

std::optional<PatientFileReader::Texts> PatientFileReader::late_answer(
    std::span<const std::filesystem::path> paths) const {
  const auto reading = std::exchange(reading_, nullptr);
  return reading && std::ranges::equal(reading->paths, paths)
             ? std::optional(std::move(reading->texts))
             : std::nullopt;
}

std::chrono::nanoseconds PatientFileReader::allowance(SteadyTime now) const {
  constexpr int kPartsOfTime = 4;
  const auto refill = (now - allowance_from_) / kPartsOfTime;
  allowance_from_ = now;
  allowance_left_ =
      std::clamp(allowance_left_ + refill, std::chrono::nanoseconds::zero(), longest_wait_);
  return allowance_left_;
}

}  // namespace wemol
