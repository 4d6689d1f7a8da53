#include <cmath>

#include "chunk.h"
#include "figure_row.h"
#include "fuzz_target.h"
#include "level.h"

namespace wemol::fuzz {
namespace {

void check_chunk(std::string_view input) {
  const auto chunk = hub::unpack_chunk(input);
  if (!chunk) {
    return;
  }
  for (const auto& [key, steps] : *chunk) {
    require(steps.size() == static_cast<std::size_t>(hub::kStepsOfChunk), "a chunk has all steps");
    for (const hub::StepSummary& step : steps) {
      require(step.samples == 0 ||
                  (std::isfinite(step.mean) && step.min <= step.mean && step.mean <= step.max),
              "minimum, mean and maximum are in order");
    }
  }
  const std::string packed = hub::pack_chunk(*chunk);
  const auto again = hub::unpack_chunk(packed);
  require(again && again->size() == chunk->size(), "what was read can be written");
}

void check_row(std::string_view input) {
  const auto row = hub::unpack_row(input);
  if (!row) {
    return;
  }
  for (const auto& [key, value] : *row) {
    require(std::isfinite(value), "a figure is a number");
  }
}

void check_history(std::string_view input) {
  check_chunk(input);
  check_row(input);
}

const Target hub_history_target("hub_history", check_history);

}  // namespace
}  // namespace wemol::fuzz
