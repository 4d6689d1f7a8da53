#include "explanations.h"

#include <chrono>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "gigabytes.h"
#include "job_book.h"
#include "text.h"
#include "time_text.h"

namespace wemol::queue {
namespace {

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / kGigabyteBytes);
}

std::string local_text(SteadyTime time, const Moment& now) {
  return LocalTimeText().of(now.wall +
                            std::chrono::duration_cast<WallTime::duration>(time - now.steady));
}

std::string card_text(const Card& card) {
  return fmt::format(
      "GPU {} ({}{}{})", card.index, card.name, card.is_instance ? ", " + card.uuid : "",
      card.memory_free_bytes ? fmt::format(", {} free", gigabytes(*card.memory_free_bytes)) : "");
}

std::string duration_of(const Job& job, const Moment& now) {
  if (!job.started_at) {
    return "";
  }
  const auto seconds = std::chrono::duration<double>(now.wall - *job.started_at).count();
  return fmt::format(" after {:.1f} s", seconds);
}

}  // namespace

std::string start_text(const Job& job, const std::vector<Card>& cards,
                       const QueueSettings& settings) {
  std::vector<std::string> texts;
  texts.reserve(cards.size());
  for (const Card& card : cards) {
    texts.push_back(card_text(card));
  }
  const bool is_packed = settings.placement == QueueSettings::Placement::pack;
  return fmt::format(
      "{} starts on {}: it needs {}{}, {}; try {}, {}, pid {}", name_of(job),
      fmt::join(texts, ", "), gigabytes(job.memory_bytes), cards.size() > 1 ? " on each" : "",
      is_packed ? "the fullest that fits (placement: pack)" : "the most free (placement: spread)",
      job.tries, job.uni_id, job.keeper.pid);
}

std::string wait_text(const Wait& wait, const Moment& now) {
  return wait.until ? fmt::format("{}, until {}", wait.reason, local_text(*wait.until, now))
                    : wait.reason;
}

void log_end(const Job& before, const Job& after, const TryResult& result,
             const SchedulerState& state, const Moment& now) {
  const std::string name = name_of(before);
  if (after.state == JobState::canceled) {
    spdlog::info("{} is canceled{}: {}", name, duration_of(before, now), printable(result.text));
    return;
  }
  if (result.has_succeeded) {
    spdlog::info("{} has succeeded{}, try {}", name, duration_of(before, now), before.tries);
    return;
  }
  const std::string what_next = after.state == JobState::pending ? "it will be tried again"
                                : after.state == JobState::failed
                                    ? "it has failed for good"
                                    : fmt::format("it is {}", queue::name_of(after.state));
  spdlog::warn("{}: try {} failed{} ({}): {}; {}", name, before.tries, duration_of(before, now),
               queue::name_of(result.failure), printable(result.text), what_next);
  const auto queue = state.queues.find(before.spec.queue);
  if (queue != state.queues.end() && queue->second.is_stopped) {
    spdlog::warn("queue {} is stopped (on_failure: stop): `wemol-queue release {}` lets it go on",
                 queue->first, queue->first);
  }
  if (after.memory_bytes > before.memory_bytes) {
    spdlog::info("{} asks for {} from now on, after out-of-memory", name,
                 gigabytes(after.memory_bytes));
  }
}

}  // namespace wemol::queue
