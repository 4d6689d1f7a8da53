#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <wemol/facts.h>

#include "clock.h"
#include "gpu_presence.h"
#include "gpu_reader.h"
#include "process_attributor.h"

namespace wemol {

/// Sets the containers of the processes.
void attribute(std::vector<GpuProcess>& processes, ProcessAttributor& attributor,
               const ProcessAttributor::Question& question, Conditions& conditions);

}  // namespace wemol

namespace wemol::native {

/// All GPUs of the host, whoever made them, and whose processes use them.
class HostGpus {
 public:
  /// `root` is where GpuPresence looks.
  HostGpus(std::vector<std::unique_ptr<GpuReader>> readers, const FileReader& files,
           const Clock& clock, const std::filesystem::path& root = "/");

  /// See GpuReader.
  void set_answer_timeout(std::chrono::milliseconds timeout);

  /// To be called in every round, also without any task. Asks all of them, if there is a task.
  void begin(std::size_t tasks, std::size_t new_tasks);
  /// Puts what has come until `due` into the facts, with the container of each process. The indices
  /// of each reader's devices follow on those of the reader before it. Not to be called without a
  /// task.
  void finish(const GpuReadingsDue& due, const IsKnownContainer& is_known,
              const IsKnownContainer& is_task, Facts& facts);

 private:
  struct Reader {
    std::unique_ptr<GpuReader> reader;
    unsigned indices = 0;  ///< that its devices took when they were listed last
  };

  std::vector<Reader> readers_;
  ProcessAttributor attributor_;
  GpuPresence presence_;
  std::uint64_t asked_at_ticks_ = 0;
  bool a_task_uses_gpu_ = false;
};

}  // namespace wemol::native
