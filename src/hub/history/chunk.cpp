#include "chunk.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "decimal.h"
#include "level.h"
#include "packed.h"

namespace wemol::hub {
namespace {

constexpr std::int64_t kTen = 10;

/// Equal numbers that follow each other are one with its count.
class RunPacker {
 public:
  explicit RunPacker(Packer& packer) : packer_(packer) {}
  RunPacker(const RunPacker&) = delete;
  RunPacker& operator=(const RunPacker&) = delete;
  ~RunPacker() { flush(); }

  void number(std::uint64_t value) {
    if (count_ > 0 && value != value_) {
      flush();
    }
    value_ = value;
    ++count_;
  }

 private:
  void flush() {
    if (count_ > 0) {
      packer_.number((value_ << 1) | (count_ > 1 ? 1U : 0U));
    }
    if (count_ > 1) {
      packer_.number(count_);
    }
    count_ = 0;
  }

  Packer& packer_;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

class RunUnpacker {
 public:
  explicit RunUnpacker(Unpacker& unpacker) : unpacker_(unpacker) {}

  std::uint64_t number() {
    if (left_ == 0) {
      const std::uint64_t packed = unpacker_.number();
      value_ = packed >> 1;
      left_ = (packed & 1) != 0 ? unpacker_.number() : 1;
      if (left_ == 0) {
        unpacker_.fail();
        return 0;
      }
    }
    --left_;
    return value_;
  }
  /// A run that goes on behind the last number that was wanted is damage.
  [[nodiscard]] bool is_at_end_of_run() const { return left_ == 0; }

 private:
  Unpacker& unpacker_;
  std::uint64_t value_ = 0;
  std::uint64_t left_ = 0;
};

struct Units {
  std::int64_t min = 0;
  std::int64_t mean = 0;
  std::int64_t max = 0;
};

/// The known steps as whole numbers, and what they are multiples of.
std::pair<DecimalScale, std::vector<Units>> units_of(const Steps& steps) {
  double largest = 0;
  for (const StepSummary& step : steps) {
    if (step.samples > 0) {
      largest = std::max({largest, std::abs(step.min), std::abs(step.max)});
    }
  }
  const DecimalScale scale = DecimalScale::for_size(largest);
  std::vector<Units> all;
  bool has_zeros = largest > 0;
  for (const StepSummary& step : steps) {
    if (step.samples > 0) {
      const Units units{scale.units(step.min), scale.units(step.mean), scale.units(step.max)};
      all.push_back(units);
      has_zeros =
          has_zeros && units.min % kTen == 0 && units.mean % kTen == 0 && units.max % kTen == 0;
    }
  }
  int exponent = scale.exponent();
  while (has_zeros) {
    ++exponent;
    for (Units& units : all) {
      units = {units.min / kTen, units.mean / kTen, units.max / kTen};
    }
    has_zeros = std::ranges::all_of(all, [](const Units& units) {
      return units.min % kTen == 0 && units.mean % kTen == 0 && units.max % kTen == 0;
    });
  }
  return {DecimalScale(exponent), std::move(all)};
}

template <typename NumberOf>
void pack_column(const std::vector<Units>& all, Packer& packer, NumberOf number_of) {
  RunPacker runs(packer);
  for (const Units& units : all) {
    runs.number(number_of(units));
  }
}

void pack_counts(const Steps& steps, Packer& packer) {
  RunPacker runs(packer);
  for (const StepSummary& step : steps) {
    runs.number(step.samples);
  }
}

std::string pack_steps(const Steps& steps) {
  const auto scale_and_units = units_of(steps);
  const std::vector<Units>& all = scale_and_units.second;
  Packer packer;
  packer.signed_number(scale_and_units.first.exponent());
  pack_counts(steps, packer);
  std::int64_t before = 0;
  pack_column(all, packer, [&](const Units& units) {
    return Packer::zigzag(units.mean - std::exchange(before, units.mean));
  });
  pack_column(all, packer, [](const Units& units) {
    return static_cast<std::uint64_t>(units.mean - units.min);
  });
  pack_column(all, packer, [](const Units& units) {
    return static_cast<std::uint64_t>(units.max - units.mean);
  });
  return packer.take();
}

/// Reads a number for each known step.
template <typename Store>
void unpack_column(Steps& steps, Unpacker& unpacker, Store store) {
  RunUnpacker runs(unpacker);
  for (StepSummary& step : steps) {
    if (step.samples > 0) {
      store(step, runs.number());
    }
  }
  if (!runs.is_at_end_of_run()) {
    unpacker.fail();
  }
}

/// More than the largest difference of two kept numbers, which are below 10 to the kKeptDigits.
constexpr std::int64_t kLargestUnits = std::int64_t{1} << 20;

bool unpack_steps(std::string_view bytes, Steps& steps) {
  constexpr std::int64_t kFurthest = 60;
  Unpacker unpacker(bytes);
  const std::int64_t exponent = unpacker.signed_number();
  if (exponent < -kFurthest || exponent > kFurthest) {
    return false;
  }
  const DecimalScale scale(static_cast<int>(exponent));
  steps.assign(static_cast<std::size_t>(kStepsOfChunk), {});
  RunUnpacker counts(unpacker);
  for (StepSummary& step : steps) {
    step.samples = counts.number();
  }
  // Whole numbers first, in place of the numbers: a double has all of their digits.
  std::int64_t mean = 0;
  bool fits = counts.is_at_end_of_run();
  const auto bounded = [&](std::uint64_t number) {
    fits = fits && number < static_cast<std::uint64_t>(kLargestUnits);
    return fits ? number : 0;
  };
  unpack_column(steps, unpacker, [&](StepSummary& step, std::uint64_t number) {
    mean += Unpacker::unzigzag(bounded(number));
    fits = fits && std::abs(mean) < kLargestUnits;
    step.mean = static_cast<double>(mean);
  });
  unpack_column(steps, unpacker, [&](StepSummary& step, std::uint64_t number) {
    step.min = step.mean - static_cast<double>(bounded(number));
  });
  unpack_column(steps, unpacker, [&](StepSummary& step, std::uint64_t number) {
    step.max = step.mean + static_cast<double>(bounded(number));
  });
  for (StepSummary& step : steps) {
    for (double* const number : {&step.min, &step.mean, &step.max}) {
      *number = keepable(scale.number(static_cast<std::int64_t>(*number)));
    }
  }
  return fits && !unpacker.failed() && unpacker.is_at_end();
}

}  // namespace

void StepSummary::add(const StepSummary& other) {
  if (other.samples == 0) {
    return;
  }
  if (samples == 0) {
    *this = other;
    return;
  }
  const auto weight = static_cast<double>(samples);
  const auto others = static_cast<double>(other.samples);
  mean = (mean * weight + other.mean * others) / (weight + others);
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  samples += other.samples;
  // Rounding must not carry the mean out of its bounds.
  mean = std::clamp(mean, min, max);
}

// The directory: entity after entity its name, how many figures, and of each how much its metric's
// number is greater than that before it, and the length of its steps. Behind an entity of no
// figures, the steps.

std::string pack_chunk(const Chunk& chunk) {
  Packer directory;
  std::string bodies;
  for (auto begin = chunk.begin(); begin != chunk.end();) {
    const std::string& entity = begin->first.entity;
    const auto end = std::find_if(begin, chunk.end(),
                                  [&](const auto& entry) { return entry.first.entity != entity; });
    directory.text(entity);
    directory.number(static_cast<std::uint64_t>(std::distance(begin, end)));
    std::uint32_t before = 0;
    for (; begin != end; ++begin) {
      const std::string steps = pack_steps(begin->second);
      directory.number(begin->first.metric - before);
      directory.number(steps.size());
      before = begin->first.metric;
      bodies += steps;
    }
  }
  directory.text("");
  directory.number(0);
  return directory.take() + bodies;
}

Result<Chunk> unpack_chunk(std::string_view bytes,
                           const std::function<bool(const SeriesKey&)>& wanted) {
  struct Entry {
    SeriesKey key;
    std::uint64_t length = 0;
  };
  const auto damaged = [] { return failure("a chunk of the history is damaged"); };
  std::vector<Entry> entries;
  Unpacker directory(bytes);
  for (;;) {
    const std::string entity(directory.text());
    const std::uint64_t count = directory.number();
    if (directory.failed() || count > directory.left()) {
      return damaged();
    }
    if (count == 0) {
      break;
    }
    std::uint32_t metric = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      metric += static_cast<std::uint32_t>(directory.number());
      entries.push_back({{entity, metric}, directory.number()});
    }
  }
  Chunk chunk;
  for (const Entry& entry : entries) {
    const std::string_view steps = directory.bytes(entry.length);
    if (directory.failed()) {
      return damaged();
    }
    if (wanted(entry.key) && !unpack_steps(steps, chunk[entry.key])) {
      return damaged();
    }
  }
  return directory.is_at_end() ? Result<Chunk>(std::move(chunk)) : damaged();
}

Result<Chunk> unpack_chunk(std::string_view bytes) {
  return unpack_chunk(bytes, [](const SeriesKey&) { return true; });
}

}  // namespace wemol::hub
