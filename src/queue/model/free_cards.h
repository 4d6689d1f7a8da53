#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "card.h"
#include "queue_settings.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// The cards of one look while jobs are given theirs: what is left of each.
class FreeCards {
 public:
  FreeCards(const CardLook& look, const SchedulerState& state, const QueueSettings& settings);

  /// Cards for a job of `memory_bytes` on each of `gpus` of them, the best ones first; nothing when
  /// they are not there, with the reason in why_not(). They are not taken yet.
  [[nodiscard]] std::optional<std::vector<std::size_t>> find(unsigned gpus,
                                                             std::uint64_t memory_bytes);
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  /// Cards that find() gave.
  [[nodiscard]] std::vector<std::string> take(const std::vector<std::size_t>& cards,
                                              std::uint64_t memory_bytes);
  /// Keeps up to `gpus` cards that fit now from all that ask later.
  void reserve(unsigned gpus, std::uint64_t memory_bytes);
  /// More cards than are here, or than gpu_left ever leaves.
  [[nodiscard]] std::optional<std::string> never(unsigned gpus, std::uint64_t memory_bytes) const;

 private:
  struct Place {
    const Card* card = nullptr;
    std::uint64_t promised_bytes = 0;  ///< to our jobs on it
    std::uint64_t taken_bytes = 0;     ///< of these since the look
    unsigned jobs = 0;                 ///< of ours
    bool is_left = false;              ///< one of the last gpu_left
    bool is_reserved = false;

    [[nodiscard]] bool is_unused() const;
    [[nodiscard]] std::optional<std::uint64_t> available_bytes() const;
  };

  [[nodiscard]] bool fits(const Place& place, unsigned gpus, std::uint64_t memory_bytes) const;
  [[nodiscard]] std::vector<std::size_t> fitting(unsigned gpus, std::uint64_t memory_bytes) const;
  [[nodiscard]] std::string reason(unsigned gpus, std::uint64_t memory_bytes,
                                   std::size_t fit) const;

  const QueueSettings& settings_;
  std::vector<Place> places_;
  std::size_t unused_ = 0;
  std::string why_not_;
};

}  // namespace wemol::queue
