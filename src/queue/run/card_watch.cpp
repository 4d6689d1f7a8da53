#include "card_watch.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "all_signals_blocked.h"
#include "card_readers.h"
#include "files.h"
#include "system_command_runner.h"

namespace wemol::queue {
namespace {

UniqueFd make_bell() {
  UniqueFd bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) {
    throw std::system_error(errno, std::generic_category(), "cannot look at the cards");
  }
  return bell;
}

void ring(const UniqueFd& bell) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t count = write(bell.get(), &one, sizeof one);
}

void silence(const UniqueFd& bell) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t bytes = read(bell.get(), &count, sizeof count);
}

}  // namespace

class CardWatch::Worker {
 public:
  explicit Worker(CardWatchSettings settings)
      : settings_(std::move(settings)), wake_(make_bell()), answered_(make_bell()) {
    const AllSignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    change([](Wanted& wanted) { wanted.stop = true; });
    thread_.join();
  }

  void ask(CardQuestion question) {
    change([&](Wanted& wanted) { wanted.question = std::move(question); });
  }
  void let_go() {
    change([](Wanted& wanted) { wanted.let_go = true; });
  }

  [[nodiscard]] int answered_fd() const { return answered_.get(); }
  [[nodiscard]] std::optional<Result<CardAnswer>> take_answer() {
    silence(answered_);
    const std::lock_guard lock(mutex_);
    return std::exchange(answer_, std::nullopt);
  }

 private:
  struct Wanted {
    std::optional<CardQuestion> question;
    bool let_go = false;
    bool stop = false;
  };

  template <typename Change>
  void change(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(wanted_);
    }
    ring(wake_);
  }

  [[nodiscard]] bool is_stopping() {
    const std::lock_guard lock(mutex_);
    return wanted_.stop;
  }

  void answer(Result<CardAnswer> answer) {
    {
      const std::lock_guard lock(mutex_);
      answer_ = std::move(answer);
    }
    ring(answered_);
  }

  /// What fails here leaves the scheduler without looks, and it says why.
  void run() noexcept {
    pthread_setname_np(pthread_self(), "wemol-cards");
    try {
      look_until_stopped();
    } catch (const std::exception& error) {
      answer(failure(fmt_error(error)));
    }
  }

  static std::string fmt_error(const std::exception& error) {
    return std::string("the cards cannot be looked at: ") + error.what();
  }

  void look_until_stopped() {
    EventLoop loop(EventLoop::Host::somebody_elses);
    bool is_awake = false;
    const auto watch = loop.watch_fd(wake_.get(), EPOLLIN, [&](auto) {
      silence(wake_);
      is_awake = true;
      if (is_stopping()) {
        loop.request_stop();  // whoever waits for a driver or a command waits no longer
      }
    });
    if (!watch) {
      throw std::system_error(watch.error().code, std::generic_category(), watch.error().message);
    }
    SystemCommandRunner runner(loop, settings_.answer_timeout);
    CardReaders readers(loop, runner, settings_.nvml_helper_command, settings_.answer_timeout,
                        settings_.root);
    const CardLocks locks(settings_.lock_folder);
    while (!loop.stop_requested()) {
      if (const auto question = take_question(readers)) {
        const GpuReadings readings = readers.read(loop.now() + settings_.answer_timeout);
        if (!loop.stop_requested()) {
          answer(make_card_look(readings, *question, locks, loop.now()));
        }
        continue;
      }
      is_awake = false;
      loop.run_until([&] { return is_awake || has_question(); }, SteadyTime::max());
    }
  }

  [[nodiscard]] bool has_question() {
    const std::lock_guard lock(mutex_);
    return wanted_.question || wanted_.let_go;
  }

  [[nodiscard]] std::optional<CardQuestion> take_question(CardReaders& readers) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(wanted_.let_go, false) && !wanted_.question) {
      readers.let_go();
    }
    return std::exchange(wanted_.question, std::nullopt);
  }

  CardWatchSettings settings_;
  UniqueFd wake_;
  UniqueFd answered_;
  std::mutex mutex_;
  Wanted wanted_;
  std::optional<Result<CardAnswer>> answer_;
  std::thread thread_;
};

CardWatch::CardWatch(EventLoop& loop, CardWatchSettings settings, Answered answered)
    : loop_(loop),
      answered_(std::move(answered)),
      worker_(std::make_unique<Worker>(std::move(settings))) {
  auto watch = loop_.watch_fd(worker_->answered_fd(), EPOLLIN, [this](auto) {
    if (auto answer = worker_->take_answer()) {
      asked_at_.reset();
      answered_(std::move(*answer));
    }
  });
  if (!watch) {
    throw std::system_error(watch.error().code, std::generic_category(), watch.error().message);
  }
  answer_watch_ = std::move(*watch);
}

CardWatch::~CardWatch() = default;

bool CardWatch::ask(CardQuestion question) {
  if (asked_at_) {
    return false;
  }
  asked_at_ = loop_.now();
  worker_->ask(std::move(question));
  return true;
}

void CardWatch::let_go() {
  worker_->let_go();
}

}  // namespace wemol::queue
