#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "clock.h"

namespace wemol {

/// Runs jobs that may hang (a file system whose server is away, a driver) in a thread of its own,
/// one at a time. Whoever gives a job waits for a while only; a job that hangs goes on, and until
/// it has ended there is no other.
///
/// A job may outlive the worker and everybody who knows it, so it has to own all that it uses. To
/// destroy a worker never waits for a job.
class BlockingWorker {
 public:
  using Job = std::function<void()>;

  BlockingWorker();
  BlockingWorker(const BlockingWorker&) = delete;
  BlockingWorker& operator=(const BlockingWorker&) = delete;
  ~BlockingWorker();

  /// False when the job before has not ended: then this one is not taken.
  [[nodiscard]] bool start(Job job);
  [[nodiscard]] bool is_busy() const;
  /// Waits for the job. False when it has not ended by `due`.
  [[nodiscard]] bool finish_by(SteadyTime due);

 private:
  struct State;

  std::shared_ptr<State> state_;
  std::thread thread_;  ///< begins with the first job
};

}  // namespace wemol
