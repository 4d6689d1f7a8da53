#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "gpu_reader.h"

namespace wemol::queue {

/// Reads all cards of this host, at each question: other than the recorder's GpuReaders, which
/// leave a driver alone while no task uses a card.
class CardReaders {
 public:
  /// All of it outlives this. An empty `nvml_helper_command`: NVIDIA's cards are read by
  /// nvidia-smi.
  CardReaders(EventLoop& loop, CommandRunner& runner, std::vector<std::string> nvml_helper_command,
              std::chrono::milliseconds answer_timeout, const std::filesystem::path& root);
  ~CardReaders();
  CardReaders(const CardReaders&) = delete;
  CardReaders& operator=(const CardReaders&) = delete;

  /// Waits until `due` at most.
  [[nodiscard]] GpuReadings read(SteadyTime due);
  /// Closes the driver until the next reading.
  void let_go();

 private:
  class Nvidia;

  std::unique_ptr<Nvidia> nvidia_;
  std::unique_ptr<GpuReader> amd_;
};

}  // namespace wemol::queue
