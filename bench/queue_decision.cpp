// How long wemol-queue takes to decide: queue_decision [QUEUES [JOBS [CARDS]]], 1,000 x 10 on 16.
// Prints microseconds: the median and the longest of 200 decisions, with all cards free and all
// taken.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "changes.h"
#include "decision.h"

namespace {

using namespace wemol;
using namespace wemol::queue;

constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
constexpr int kDecisions = 200;

SchedulerState make_state(unsigned queues, unsigned jobs) {
  SchedulerState state;
  for (unsigned job = 0; job < jobs; ++job) {
    for (unsigned queue = 0; queue < queues; ++queue) {
      add_job(
          state,
          {.queue = std::to_string(queue), .commands = {"true"}, .memory_bytes = 20 * kGigabyte},
          WallTime());
    }
  }
  return state;
}

CardLook make_cards(unsigned count, std::uint64_t free_bytes) {
  CardLook look;
  for (unsigned i = 0; i < count; ++i) {
    look.cards.push_back({.uuid = "GPU-" + std::to_string(i),
                          .index = i,
                          .memory_total_bytes = 80 * kGigabyte,
                          .memory_free_bytes = free_bytes});
  }
  return look;
}

void measure(const char* what, SchedulerState& state, const CardLook& look) {
  const QueueSettings settings;
  std::vector<double> microseconds;
  std::size_t starts = 0;
  for (int i = 0; i < kDecisions; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    note_waiting(state, begin);
    starts += decide(state, settings, look, {.now = begin, .last_start = {}}).starts.size();
    microseconds.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::ranges::sort(microseconds);
  fmt::print("{:<16} median {:7.0f} us, longest {:7.0f} us, {} starts each\n", what,
             microseconds[microseconds.size() / 2], microseconds.back(),
             starts / static_cast<std::size_t>(kDecisions));
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int at, unsigned otherwise) {
    return argc > at ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 10)) : otherwise;
  };
  SchedulerState state = make_state(argument(1, 1000), argument(2, 10));
  const unsigned cards = argument(3, 16);
  measure("all cards free", state, make_cards(cards, 80 * kGigabyte));
  measure("no memory free", state, make_cards(cards, 0));
}
