#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <wemol/result.h>

#include "cgroup_folders.h"
#include "clock.h"
#include "files.h"

namespace wemol::cgroup {

/// The number that a file of one number holds ("1234\n"); "max" is the largest number there is.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// The number behind `key` in a file of lines "key number".
[[nodiscard]] std::optional<std::uint64_t> parse_value(std::string_view text, std::string_view key);

/// The memory that docker shows as used: without the page cache that nothing has used for a while.
/// From memory.usage_in_bytes or memory.current and the text of memory.stat, v1 or v2; the formula
/// is that of docker's client since 20.10.
[[nodiscard]] std::uint64_t memory_used_bytes(std::uint64_t usage_bytes, std::string_view stat);

struct BlockBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

/// Of blkio.*io_service_bytes* (v1), all devices together. Nothing when the file lists no device.
[[nodiscard]] std::optional<BlockBytes> parse_blkio(std::string_view text);

/// Of io.stat (v2), all devices together. A file without a line is a group without I/O.
[[nodiscard]] BlockBytes parse_io_stat(std::string_view text);

}  // namespace wemol::cgroup

namespace wemol {

struct NetworkBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

/// The bytes of a container's interfaces, from the text of a /proc/<pid>/net/dev. Docker shows
/// those of the interfaces that it made, and calls them eth0, eth1 and so on. When there is none of
/// that name (other network drivers), all but the loopback count.
[[nodiscard]] NetworkBytes parse_net_dev(std::string_view text);

}  // namespace wemol

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
  static constexpr auto kLimitLastsFor = std::chrono::seconds(5);

  /// Fails when there is no file of the CPU's counter, or the descriptors are used up (EMFILE).
  [[nodiscard]] static Result<Counters> open(const Folders& folders,
                                             std::uint64_t host_memory_bytes);

  /// Nothing when the group is gone. The memory's limit, which changes seldom, may be
  /// kLimitLastsFor old.
  [[nodiscard]] std::optional<Reading> read(SteadyTime now);
  /// The limit is read anew by the next read().
  void limit_has_changed() { limit_ = std::nullopt; }

  /// Opens its files for this one reading, since it is asked for seldom.
  [[nodiscard]] LifeReading read_life() const;

 private:
  struct Limit {
    std::uint64_t bytes = 0;
    SteadyTime read_at;
  };

  Counters() = default;
  [[nodiscard]] std::optional<std::uint64_t> limit_bytes(SteadyTime now);

  std::uint64_t host_memory_bytes_ = 0;
  std::optional<Limit> limit_;
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
