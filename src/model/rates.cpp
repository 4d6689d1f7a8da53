#include "rates.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr auto kShortestSpan = 20ms;

std::optional<double> percent_of(const std::optional<std::uint64_t>& part,
                                 const std::optional<std::uint64_t>& whole) {
  if (!part || !whole) {
    return std::nullopt;
  }
  return *whole == 0 ? 0 : static_cast<double>(*part) / static_cast<double>(*whole) * 100;
}

}  // namespace

void Rates::derive(std::vector<Container>& containers) {
  ++round_;
  for (Container& container : containers) {
    if (container.stats && container.stats->cpu_counter) {
      ContainerStats& stats = *container.stats;
      stats.cpu_percent = cpu_percent(container.id, *stats.cpu_counter);
      stats.memory_percent = percent_of(stats.memory_used_bytes, stats.memory_limit_bytes);
    }
  }
  std::erase_if(runs_, [&](const auto& entry) { return entry.second.seen_in != round_; });
}

double Rates::cpu_percent(const std::string& container_id, const CpuCounter& counter) {
  const Base start{.used = 0ns, .read_at = counter.began_at};
  Run& run = runs_.try_emplace(container_id, Run{counter.began_at, start, start}).first->second;
  run.seen_in = round_;
  if (run.began_at != counter.began_at || counter.used < run.last.used) {
    run = {counter.began_at, start, start, round_};
  }
  if (counter.read_at - run.last.read_at >= kShortestSpan) {
    run.before_last = run.last;
  }
  run.last = {counter.used, counter.read_at};
  const std::chrono::duration<double> span = run.last.read_at - run.before_last.read_at;
  const std::chrono::duration<double> used = run.last.used - run.before_last.used;
  return span.count() > 0 ? used / span * 100 : 0;
}

}  // namespace wemol
