#pragma once

#include <memory>
#include <optional>
#include <string>

#include "blocking_worker.h"
#include "gpu_reader.h"

namespace wemol {

/// Reads GPUs through a driver that may hang: asks the reader in a thread of its own and gives up
/// waiting when the readings are due. What comes later is not used, for it is of another round.
class BlockingGpus : public GpuReader {
 public:
  /// `reader` owns all that it uses, and nobody else calls it. `driver` is its driver's name.
  BlockingGpus(std::shared_ptr<GpuReader> reader, std::string driver);

  void begin() override;
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override;

 private:
  struct Reading {
    std::optional<GpuReadings> readings;
  };

  std::shared_ptr<GpuReader> reader_;
  std::string driver_;
  BlockingWorker worker_;
  std::shared_ptr<Reading> reading_;  ///< of the round that goes on; nothing while another hangs
  bool found_nothing_ = false;        ///< when it was asked last
};

}  // namespace wemol
