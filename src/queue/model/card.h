#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "job.h"

namespace wemol::queue {

/// One usable card (GPU or MIG instance) as a look has found it.
struct Card {
  std::string uuid;        ///< its identity
  unsigned index = 0;      ///< of the host, in PCI order; an instance has that of its card
  std::string visible_as;  ///< what CUDA_VISIBLE_DEVICES (AMD: ROCR_VISIBLE_DEVICES) gets for it
  bool is_amd = false;
  bool is_instance = false;  ///< of a divided card (MIG); CUDA gives a process one of these at most
  std::string name;
  std::optional<std::uint64_t> memory_total_bytes;
  /// As the driver says it; reserved memory is not free. Absent: unknown, and nothing starts there.
  std::optional<std::uint64_t> memory_free_bytes;
  /// Compute processes on it of this user that belong to none of our jobs.
  unsigned own_foreign_processes = 0;
  /// Users of other processes on it, for `status`.
  std::vector<std::string> other_users;
  /// A scheduler of another user (or state directory) holds its lock.
  bool is_locked_by_other = false;
};

/// What one look at the cards has found. A look that could not be made gives none, and nothing
/// starts.
struct CardLook {
  std::vector<Card> cards;  ///< in the order of their indices; only those that the settings allow
  SteadyTime looked_at;
};

}  // namespace wemol::queue
