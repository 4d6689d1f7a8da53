#include "sampler_thread.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "all_signals_blocked.h"
#include "event_loop.h"
#include "files.h"
#include "host_sampler.h"
#include "ticker.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// Between the first two readings: long enough for a rate that means something.
constexpr auto kFirstPause = 200ms;

/// A driver that has not answered yet since the start is asked again after this, so often at most:
/// it may take ten seconds to open, and an interval may be far longer.
constexpr auto kEarlyPause = 1s;
constexpr int kEarlySamples = 15;

}  // namespace

class SamplerThread::Worker {
 public:
  Worker(SamplerSettings settings, Listener listener)
      : settings_(std::move(settings)),
        listener_(std::move(listener)),
        interval_(settings_.interval),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) {
      throw std::system_error(errno, std::generic_category(), "cannot wake a sampler");
    }
    const AllSignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    is_stopping_ = true;
    wake();
    thread_.join();
  }

  [[nodiscard]] Sample newest() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  void set_interval(std::chrono::nanoseconds interval) {
    interval_ = interval;
    wake();
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t count = write(wake_.get(), &one, sizeof one);
  }
  void take_wake() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = read(wake_.get(), &count, sizeof count);
  }

  /// What fails here must not end somebody else's program: then there are no samples.
  void run() noexcept {
    pthread_setname_np(pthread_self(), "wemol-sampler");
    try {
      sample_until_stopped();
    } catch (const std::exception& error) {
      auto failed = std::make_shared<HostSample>();
      failed->conditions.push_back(
          {.key = "sampler",
           .severity = Severity::error,
           .message = std::string("the host is not sampled: ") + error.what()});
      publish(failed);
    }
  }

  void sample_until_stopped() {
    EventLoop loop(EventLoop::Host::somebody_elses);
    const auto watch = loop.watch_fd(wake_.get(), EPOLLIN, [this, &loop](auto) {
      take_wake();
      if (is_stopping_) {
        loop.request_stop();  // whoever waits for a driver or a command waits no longer
      }
    });
    if (!watch) {
      throw std::system_error(watch.error().code, std::generic_category(), watch.error().message);
    }
    std::chrono::nanoseconds interval = interval_;
    HostSampler sampler(loop, settings_);
    const SteadyTime first_due =
        loop.now() + std::min<std::chrono::nanoseconds>(kFirstPause, interval);
    Ticker ticker(first_due, interval);
    std::optional<SteadyTime> last;
    int early_samples_left = kEarlySamples;
    const auto is_wanted = [&] { return is_stopping_ || interval_.load() != interval; };
    while (true) {
      loop.run_until(is_wanted, ticker.due());
      if (is_stopping_) {
        return;
      }
      if (interval_.load() != interval) {
        interval = interval_;
        sampler.set_interval(interval);
        if (last) {
          ticker.start_again(*last, interval, loop.now());
        } else {  // the first sample needs its time, for its rates
          ticker = Ticker(first_due, interval);
        }
        continue;
      }
      last = loop.now();
      const Sample sample = sampler.sample(ticker.end_of_round(*last));
      if (is_stopping_) {
        return;  // what was not waited for is not unknown
      }
      early_samples_left = sample->gpus ? 0 : std::max(early_samples_left - 1, 0);
      publish(sample);
      ticker.advance(loop.now());
      if (early_samples_left > 0 && interval > kEarlyPause) {
        ticker = Ticker(*last + kEarlyPause, interval);
      }
    }
  }

  void publish(const Sample& sample) {
    {
      const std::lock_guard lock(mutex_);
      newest_ = sample;
    }
    if (listener_) {
      listener_(sample);
    }
  }

  SamplerSettings settings_;
  Listener listener_;
  std::atomic<std::chrono::nanoseconds> interval_;
  std::atomic<bool> is_stopping_ = false;
  UniqueFd wake_;
  mutable std::mutex mutex_;
  Sample newest_;
  std::thread thread_;
};

SamplerThread::SamplerThread(SamplerSettings settings, Listener listener)
    : worker_(std::make_unique<Worker>(std::move(settings), std::move(listener))) {}
SamplerThread::~SamplerThread() = default;

SamplerThread::Sample SamplerThread::newest() const {
  return worker_->newest();
}

void SamplerThread::set_interval(std::chrono::nanoseconds interval) {
  worker_->set_interval(interval);
}

}  // namespace wemol
