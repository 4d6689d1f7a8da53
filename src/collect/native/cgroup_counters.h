#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <wemol/result.h>

#include "cgroup_folders.h"
#include "cgroup_text.h"
#include "files.h"

namespace wemol::cgroup {

/// What the kernel says of one control group at one moment. Absent: the controller is not there,
/// or the group is gone.
struct Reading {
  std::optional<std::chrono::nanoseconds> cpu_used;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<std::uint64_t> memory_limit_bytes;  ///< the host's memory at most
  std::optional<BlockBytes> block;
  std::optional<std::uint64_t> pids;
};

/// What the kernel keeps over the whole life of a control group.
struct LifeReading {
  std::optional<std::uint64_t> memory_peak_bytes;  ///< page cache included
  std::optional<std::uint64_t> out_of_memory_kills;
};

/// The counters of one container's control group, whose files are kept open.
class Counters {
 public:
  /// Fails when there is no file of the CPU's counter, or the descriptors are used up (EMFILE).
  [[nodiscard]] static Result<Counters> open(const Folders& folders,
                                             std::uint64_t host_memory_bytes);

  /// Nothing when the group is gone.
  [[nodiscard]] std::optional<Reading> read() const;

  /// Opens its files for this one reading, since it is asked for once in a life.
  [[nodiscard]] LifeReading read_life() const;

 private:
  Counters() = default;

  std::uint64_t host_memory_bytes_ = 0;
  std::optional<Folder> memory_;
  PersistentFile cpu_;
  bool is_cpu_v2_ = false;
  PersistentFile memory_usage_;
  PersistentFile memory_stat_;
  PersistentFile memory_limit_;
  PersistentFile block_io_;
  PersistentFile block_io_of_cfq_;  ///< of kernels before 5.0
  bool is_block_io_v2_ = false;
  PersistentFile pids_;
};

}  // namespace wemol::cgroup
