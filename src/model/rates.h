#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include <wemol/facts.h>

namespace wemol {

/// Turns counters into rates, with what it remembers of the rounds before.
class Rates {
 public:
  /// Sets the percentages of all readings that carry a CPU counter: the CPU from the counter's
  /// growth over the true time since the reading before, or since the start of the run when there
  /// is none (or the counter has fallen: another run). Nothing is remembered of containers that are
  /// not among `containers`.
  ///
  /// The kernel books the time of a busy CPU at each of its ticks, which are up to 10 ms apart. So
  /// a span under 20 ms says nothing by itself: such a reading is measured over the span before as
  /// well.
  void derive(std::vector<Container>& containers);

 private:
  /// A reading that later ones are measured against.
  struct Base {
    std::chrono::nanoseconds used{};
    std::chrono::steady_clock::time_point read_at;
  };
  struct Run {
    std::chrono::steady_clock::time_point began_at;
    Base last;
    Base before_last;
    std::uint64_t seen_in = 0;
  };

  [[nodiscard]] double cpu_percent(const std::string& container_id, const CpuCounter& counter);

  std::unordered_map<std::string, Run> runs_;
  std::uint64_t round_ = 0;
};

}  // namespace wemol
