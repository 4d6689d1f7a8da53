#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger_schema.h"

namespace wemol::test {

/// The same numbers everywhere for the same seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// Makes up what one run uses, as the cells of its rows, and keeps plain sums of it.
class KnownUsage {
 public:
  KnownUsage(unsigned gpus, Random& random);

  /// Appends the cells from cpu_percent on, with the separator before and the line end.
  void add_row(std::string& csv);

  /// What the rows add up to when each of them stands for as many seconds.
  [[nodiscard]] RunSummary summary(double seconds_per_row) const;

 private:
  struct Mean {
    double sum = 0;
    double count = 0;
    double max = 0;

    void add(double value);
    [[nodiscard]] std::optional<double> value() const;
  };
  void add_gpu_cells(std::string& csv);

  Random& random_;
  unsigned gpus_;
  std::string gpu_ids_;
  std::string gpu_names_;
  std::uint64_t cpu_base_;      ///< hundredths of a percent
  std::uint64_t memory_base_;   ///< tenths of MiB
  std::uint64_t gpu_mib_base_;  ///< of each device
  std::uint64_t bytes_per_row_;
  std::uint64_t rows_ = 0;
  std::uint64_t rows_with_gpu_ = 0;
  std::uint64_t network_rx_ = 0;
  std::uint64_t network_tx_ = 0;
  std::uint64_t block_read_ = 0;
  std::uint64_t block_write_ = 0;
  Mean cpu_cores_;
  Mean memory_bytes_;
  Mean utilization_;  ///< of the GPUs' mean
  Mean device_mib_;
  Mean watts_;
  double utilization_max_ = 0;
};

}  // namespace wemol::test
