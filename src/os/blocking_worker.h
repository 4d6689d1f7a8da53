#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "clock.h"
#include "files.h"

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

/// What `question` answers, which may hang and has to own all that it uses. Nothing: it has not
/// answered by `due` and is left to itself.
template <typename Question>
[[nodiscard]] auto answer_by(SteadyTime due, Question question)
    -> std::optional<decltype(question())> {
  const auto answer = std::make_shared<std::optional<decltype(question())>>();
  BlockingWorker worker;
  if (!worker.start([answer, question = std::move(question)] { answer->emplace(question()); }) ||
      !worker.finish_by(due)) {
    return std::nullopt;
  }
  return std::move(*answer);
}

/// Reads files of a file system that may hang, such as NFS whose server is away. A file that has
/// not answered in time is an error with the code ETIMEDOUT, and so is every other one, at once,
/// until it has answered. Its late answer is given to whoever asks for that file next.
///
/// All reads together take the caller a quarter of its time at most, apart from a first wait.
class PatientFileReader : public FileReader {
 public:
  PatientFileReader(std::shared_ptr<const FileReader> files, std::chrono::nanoseconds longest_wait);

  void set_longest_wait(std::chrono::nanoseconds wait) { longest_wait_ = wait; }
  /// The files of another file system are read from now on: what hangs is left to itself.
  void change_file_system();

  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override {
    return std::move(read_first({&path, 1}, max_bytes).front());
  }
  /// In one go: to hand a file to the thread and back takes longer than to read it. One that hangs
  /// makes each of those asked with it an error.
  [[nodiscard]] std::vector<Result<std::string>> read_first(
      std::span<const std::filesystem::path> paths, std::size_t max_bytes) const override;

 private:
  using Texts = std::vector<Result<std::string>>;
  struct Reading {
    std::vector<std::filesystem::path> paths;
    Texts texts;
  };

  [[nodiscard]] std::optional<Texts> late_answer(
      std::span<const std::filesystem::path> paths) const;
  /// For how long this read may be waited for.
  [[nodiscard]] std::chrono::nanoseconds allowance(SteadyTime now) const;

  std::shared_ptr<const FileReader> files_;
  std::chrono::nanoseconds longest_wait_;
  mutable std::unique_ptr<BlockingWorker> worker_;
  mutable std::shared_ptr<Reading> reading_;  ///< the worker's while it is busy
  mutable std::chrono::nanoseconds allowance_left_;
  mutable SteadyTime allowance_from_;
};

}  // namespace wemol
