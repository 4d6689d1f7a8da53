#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "series_key.h"

namespace wemol::hub {

/// What is kept of a figure for one step.
struct StepSummary {
  double min = 0;
  double mean = 0;
  double max = 0;
  std::uint64_t samples = 0;  ///< 0: there was none, and the rest says nothing

  void add(const StepSummary& other);
};

/// By step, kStepsOfChunk of them.
using Steps = std::vector<StepSummary>;

/// A host's figures over the time of a chunk.
using Chunk = std::map<SeriesKey, Steps>;

/// As the file has it: five digits, by the largest number of a figure in the chunk.
[[nodiscard]] std::string pack_chunk(const Chunk& chunk);

/// Those of its figures that are `wanted`; the others are passed over.
[[nodiscard]] Result<Chunk> unpack_chunk(std::string_view bytes,
                                         const std::function<bool(const SeriesKey&)>& wanted);
[[nodiscard]] Result<Chunk> unpack_chunk(std::string_view bytes);

}  // namespace wemol::hub
