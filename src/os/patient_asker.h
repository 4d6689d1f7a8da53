#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "blocking_worker.h"

namespace wemol {

/// Asks many questions of one kind that may hang (the space of a file system whose server is away,
/// the command line of a process whose memory is locked), each named by a key, in a thread. One
/// that hangs costs only itself: after `patience` the others go on in another thread. It is not
/// asked again until it has answered. When `hanging_at_most` hang, no other is asked.
template <typename Key, typename Answer>
class PatientAsker {
 public:
  /// Runs in the thread and may outlive the asker, so it has to own all that it uses.
  using Question = std::function<Answer(const Key&)>;
  using Answers = std::vector<std::pair<Key, Answer>>;

  explicit PatientAsker(Question question,
                        std::chrono::nanoseconds patience = std::chrono::seconds(1),
                        std::size_t hanging_at_most = 4)
      : question_(std::move(question)), patience_(patience), hanging_at_most_(hanging_at_most) {}

  /// Takes up the questions, in this order. Those that wait for an answer already stay as they are.
  void ask(const std::vector<Key>& keys) {
    for (const Key& key : keys) {
      if (!is_waiting_for(key)) {
        backlog_.push_back(key);
        waiting_.insert(key);
      }
    }
    go_on();
  }

  /// What has been answered since the last call, also to questions before the last ones; waits for
  /// the last ones until `due`.
  [[nodiscard]] Answers answers_by(SteadyTime due) {
    Answers answers;
    if (active_.worker) {
      (void)active_.worker->finish_by(due);
    }
    go_on();
    take_answers(active_, answers);
    std::erase_if(hanging_, [&](Run& run) {
      const bool is_over = !run.worker->is_busy();  // asked first: then all answers are there
      take_answers(run, answers);
      return is_over;
    });
    return answers;
  }

  [[nodiscard]] bool is_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool is_waiting_for(const Key& key) const { return waiting_.contains(key); }

 private:
  struct Batch {
    std::mutex mutex;
    std::deque<Key> left;
    std::optional<SteadyTime> asked_at;  ///< the one that is being answered
    Answers answers;
  };
  struct Run {
    std::shared_ptr<Batch> batch;
    std::unique_ptr<BlockingWorker> worker;
  };

  static void work(Batch& batch, const Question& question) {
    std::unique_lock lock(batch.mutex);
    while (!batch.left.empty()) {
      const Key key = std::move(batch.left.front());
      batch.left.pop_front();
      batch.asked_at = std::chrono::steady_clock::now();
      lock.unlock();
      auto answer = question(key);
      lock.lock();
      batch.asked_at.reset();
      batch.answers.emplace_back(key, std::move(answer));
    }
  }

  /// Sets a hanging question aside, and starts those that wait for their turn.
  void go_on() {
    if (active_.worker && active_.worker->is_busy() && hangs(*active_.batch)) {
      const std::lock_guard lock(active_.batch->mutex);
      std::ranges::move(active_.batch->left, std::back_inserter(backlog_));
      active_.batch->left.clear();
      hanging_.push_back(std::exchange(active_, {}));
    }
    if (backlog_.empty() || (active_.worker && active_.worker->is_busy())) {
      return;
    }
    if (hanging_.size() >= hanging_at_most_) {
      for (const Key& key : std::exchange(backlog_, {})) {
        waiting_.erase(key);
      }
      return;
    }
    start();
  }

  [[nodiscard]] bool hangs(Batch& batch) const {
    const std::lock_guard lock(batch.mutex);
    return batch.asked_at && std::chrono::steady_clock::now() - *batch.asked_at >= patience_;
  }

  void start() {
    if (!active_.worker) {
      active_ = {std::make_shared<Batch>(), std::make_unique<BlockingWorker>()};
    }
    {
      const std::lock_guard lock(active_.batch->mutex);
      std::ranges::move(backlog_, std::back_inserter(active_.batch->left));
    }
    backlog_.clear();
    (void)active_.worker->start(
        [batch = active_.batch, question = question_] { work(*batch, question); });
  }

  void take_answers(Run& run, Answers& answers) {
    if (!run.batch) {
      return;
    }
    const std::lock_guard lock(run.batch->mutex);
    for (auto& answer : run.batch->answers) {
      waiting_.erase(answer.first);
      answers.push_back(std::move(answer));
    }
    run.batch->answers.clear();
  }

  Question question_;
  std::chrono::nanoseconds patience_;
  std::size_t hanging_at_most_;
  std::set<Key> waiting_;
  std::vector<Key> backlog_;  ///< not given to a thread yet
  Run active_;                ///< its worker may be idle
  std::vector<Run> hanging_;
};

}  // namespace wemol
