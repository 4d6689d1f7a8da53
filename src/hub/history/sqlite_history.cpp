#include "sqlite_history.h"

#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime::duration kCommitEach = 900ms;
constexpr SteadyTime::duration kDropOldEach = 1h;
constexpr std::size_t kMostWaitingBytes = std::size_t{64} << 20;
constexpr std::size_t kMostQueries = 256;
/// Of 1,000 hosts two are due each second.
constexpr std::size_t kHostsPerFold = 8;

std::size_t size_of(const HistorySample& sample) {
  constexpr std::size_t kFigure = 64;
  return sizeof(HistorySample) + sample.figures.size() * kFigure;
}

}  // namespace

class SqliteHistory::Thread {
 public:
  Thread(std::unique_ptr<HistoryFile> file, const Clock& clock)
      : file_(std::move(file)), clock_(clock), thread_([this] { run(); }) {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void write(HistorySample sample) {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += size_of(sample);
    waiting_.push_back(std::move(sample));
    drop_excess();
  }

  /// False when there are too many already.
  bool query(HistoryQuery& query, Done& done) {
    const std::lock_guard lock(mutex_);
    if (queries_.size() >= kMostQueries) {
      return false;
    }
    queries_.emplace_back(std::move(query), std::move(done));
    wake_.notify_all();
    return true;
  }

  void forget(std::string host) {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](const HistorySample& sample) {
      waiting_bytes_ -= sample.host == host ? size_of(sample) : 0;
      return sample.host == host;
    });
    forgotten_.push_back(std::move(host));
  }

  [[nodiscard]] Conditions conditions() const {
    const std::lock_guard lock(mutex_);
    Conditions conditions;
    if (!trouble_.empty()) {
      conditions.push_back({.key = "history",
                            .severity = Severity::error,
                            .message = fmt::format("{}; samples wait in memory", trouble_)});
    }
    if (dropped_ > 0) {
      conditions.push_back(
          {.key = "history-lost",
           .message =
               fmt::format("{} samples are not in the history: it could not be written for too "
                           "long",
                           dropped_)});
    }
    return conditions;
  }

  void flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = ++flushes_wanted_;
    wake_.notify_all();
    flushed_.wait(lock, [&] { return flushes_done_ >= wanted; });
  }

 private:
  void run() {
    SteadyTime commit_at = std::chrono::steady_clock::now() + kCommitEach;
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
      wake_.wait_until(lock, commit_at, [&] {
        return is_ending_ || !queries_.empty() || flushes_wanted_ > flushes_done_;
      });
      answer_queries(lock);
      // Real time, not the clock's: how long a sample waits is promised.
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= commit_at || flushes_wanted_ > flushes_done_) {
        commit_at = now + kCommitEach;
        work(lock);
      }
    }
    work(lock);
    answer_queries(lock);
  }

  void answer_queries(std::unique_lock<std::mutex>& lock) {
    while (!queries_.empty()) {
      auto [query, done] = std::move(queries_.front());
      queries_.pop_front();
      lock.unlock();
      done(file_->query(query, clock_.wall_now()));
      lock.lock();
    }
  }

  /// A commit and a slice of the housekeeping.
  void work(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t flushes = flushes_wanted_;
    std::vector<HistorySample> batch(std::make_move_iterator(waiting_.begin()),
                                     std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    const std::size_t batch_bytes = std::exchange(waiting_bytes_, 0);
    const std::vector<std::string> forgotten = std::exchange(forgotten_, {});
    lock.unlock();
    const Result<void> appended = append(forgotten, batch);
    const Result<void> kept = keep_house();
    lock.lock();
    if (!appended) {
      put_back(std::move(batch), batch_bytes);
      forgotten_.insert(forgotten_.begin(), forgotten.begin(), forgotten.end());
    }
    trouble_ = !appended ? appended.error().message : !kept ? kept.error().message : "";
    flushes_done_ = flushes;
    flushed_.notify_all();
  }

  Result<void> append(const std::vector<std::string>& forgotten,
                      const std::vector<HistorySample>& batch) {
    for (const std::string& host : forgotten) {
      if (auto done = file_->forget(host); !done) {
        return done;
      }
    }
    return file_->append(batch, clock_.now());
  }

  /// All of it, also after an error: what is deleted makes room in a full file. The first error.
  Result<void> keep_house() {
    const SteadyTime now = clock_.now();
    Result<void> fine;
    const auto note = [&](const auto& result) {
      if (fine && !result) {
        fine = tl::make_unexpected(result.error());
      }
    };
    note(file_->fold(now, kHostsPerFold));
    note(file_->trim_journal());
    note(file_->drop_forgotten());
    note(file_->drop_excess(clock_.wall_now()));
    if (now >= drop_old_at_) {
      drop_old_at_ = now + kDropOldEach;
      note(file_->drop_old(clock_.wall_now()));
    }
    return fine;
  }

  void put_back(std::vector<HistorySample> batch, std::size_t bytes) {
    waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
    waiting_bytes_ += bytes;
    drop_excess();
  }

  void drop_excess() {
    while (waiting_bytes_ > kMostWaitingBytes && !waiting_.empty()) {
      waiting_bytes_ -= size_of(waiting_.front());
      waiting_.pop_front();
      ++dropped_;
    }
  }

  // The thread's own.
  std::unique_ptr<HistoryFile> file_;
  const Clock& clock_;
  SteadyTime drop_old_at_ = SteadyTime::min();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable flushed_;
  std::deque<HistorySample> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::deque<std::pair<HistoryQuery, Done>> queries_;
  std::vector<std::string> forgotten_;
  std::string trouble_;
  std::uint64_t dropped_ = 0;
  std::uint64_t flushes_wanted_ = 0;
  std::uint64_t flushes_done_ = 0;
  bool is_ending_ = false;

  std::thread thread_;  // last: it uses all of the above
};

SqliteHistory::SqliteHistory(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}

SqliteHistory::~SqliteHistory() = default;

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::open(HistorySettings settings,
                                                           const Clock& clock) {
  auto file = HistoryFile::open(std::move(settings), clock.now());
  if (!file) {
    return tl::make_unexpected(file.error());
  }
  return std::unique_ptr<SqliteHistory>(
      new SqliteHistory(std::make_unique<Thread>(std::move(*file), clock)));
}

void SqliteHistory::write(HistorySample sample) {
  thread_->write(std::move(sample));
}

void SqliteHistory::query(HistoryQuery query, Done done) {
  if (!thread_->query(query, done)) {
    done(failure("too many questions to the history at once"));
  }
}

void SqliteHistory::forget(std::string host) {
  thread_->forget(std::move(host));
}

Conditions SqliteHistory::conditions() const {
  return thread_->conditions();
}

void SqliteHistory::flush() {
  thread_->flush();
}

}  // namespace wemol::hub
