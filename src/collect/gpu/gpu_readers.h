#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clock.h"
#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "gpu_message.h"
#include "gpu_presence.h"
#include "gpu_reader.h"

namespace wemol {

/// Adds what another reader has said. A list that one of them could not read is absent: a part of
/// it would look like the whole.
void join(GpuReadings more, GpuReadings& all);
/// Moves the indices behind those of the readers before. Returns how many this reader takes.
unsigned number_from(unsigned first_index, std::vector<GpuDevice>& devices);

/// AMD's GPUs, read in a thread of its own. `root` is where /sys and /proc are.
[[nodiscard]] std::unique_ptr<GpuReader> make_amd_reader(const std::filesystem::path& root);

/// All GPUs of the host, whoever made them, as one list.
class GpuReaders {
 public:
  using Readers = std::vector<std::unique_ptr<GpuReader>>;

  /// `root` is where GpuPresence looks.
  GpuReaders(Readers readers, const FileReader& files, const Clock& clock,
             std::filesystem::path root = "/");

  void set_answer_timeout(std::chrono::milliseconds timeout);
  /// How far apart the rounds are: a round waits for a driver for a part of that at most.
  void set_interval(std::chrono::nanoseconds interval);

  /// This host has certainly no GPU; false also when that cannot be told.
  [[nodiscard]] bool is_certainly_none() { return presence_.is_certainly_none(); }
  /// To be called in every round, for readers that let go of a driver that nobody needs.
  void note_tasks(const TaskGpuUse& use);
  /// Asks for the readings of this round and does not wait for them.
  void begin();
  /// What has come by `due`. The indices of each reader's devices follow on those of the reader
  /// before it. No devices and no processes: nobody could tell, and the conditions say why.
  [[nodiscard]] GpuReadings finish(SteadyTime due);

 private:
  struct Reader {
    std::unique_ptr<GpuReader> reader;
    unsigned indices = 0;  ///< that its devices took when they were listed last
  };

  const Clock& clock_;
  std::vector<Reader> readers_;
  GpuPresence presence_;
  std::chrono::nanoseconds driver_timeout_{};
};

struct NvmlSettings {
  std::vector<std::string> helper_command;  ///< empty: NVIDIA's GPUs are read by nvidia-smi
  std::chrono::milliseconds answer_timeout{};
  nvml::Detail detail = nvml::Detail::of_tasks;
};

/// Those for NVIDIA (NVML in a helper process, else nvidia-smi) and for AMD.
[[nodiscard]] GpuReaders::Readers make_gpu_readers(EventLoop& loop, const FileReader& files,
                                                   CommandRunner& runner, NvmlSettings nvml);

}  // namespace wemol
