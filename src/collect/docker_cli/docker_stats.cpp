#include "docker_stats.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "container_id.h"
#include "size_text.h"
#include "text.h"

namespace wemol::docker {
namespace {

enum Field : std::size_t {
  kContainer,
  kId,
  kCpu,
  kMemory,
  kMemoryPercent,
  kNetwork,
  kBlock,
  kPids,
  kFieldCount
};

struct BytePair {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> second;
};

/// "975.7MiB / 250.3GiB"
BytePair parse_pair(std::string_view text) {
  const auto parts = split_fields(text, '/');
  if (parts.size() != 2) {
    return {};
  }
  return {parse_size_bytes(trimmed(parts[0])), parse_size_bytes(trimmed(parts[1]))};
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) {
    return std::nullopt;
  }
  text.remove_suffix(1);
  const auto percent = parse_number<double>(text);
  return percent && std::isfinite(*percent) && *percent >= 0 ? percent : std::nullopt;
}

bool is_all_known(const ContainerStats& stats) {
  return stats.cpu_percent && stats.memory_used_bytes && stats.memory_limit_bytes &&
         stats.memory_percent && stats.network_received_bytes && stats.network_sent_bytes &&
         stats.block_read_bytes && stats.block_written_bytes && stats.pids;
}

bool is_all_zero(const ContainerStats& stats) {
  return *stats.cpu_percent == 0 && *stats.memory_used_bytes == 0 &&
         *stats.memory_limit_bytes == 0 && *stats.memory_percent == 0 &&
         *stats.network_received_bytes == 0 && *stats.network_sent_bytes == 0 &&
         *stats.block_read_bytes == 0 && *stats.block_written_bytes == 0 && *stats.pids == 0;
}

std::optional<ContainerStats> parse_readings(const std::vector<std::string_view>& fields) {
  const BytePair memory = parse_pair(fields[kMemory]);
  const BytePair network = parse_pair(fields[kNetwork]);
  const BytePair block = parse_pair(fields[kBlock]);
  ContainerStats stats{.cpu_percent = parse_percent(fields[kCpu]),
                       .memory_used_bytes = memory.first,
                       .memory_limit_bytes = memory.second,
                       .memory_percent = parse_percent(fields[kMemoryPercent]),
                       .network_received_bytes = network.first,
                       .network_sent_bytes = network.second,
                       .block_read_bytes = block.first,
                       .block_written_bytes = block.second,
                       .pids = parse_number<std::uint64_t>(fields[kPids]),
                       .printed = nullptr};
  if (!is_all_known(stats) || is_all_zero(stats)) {
    return std::nullopt;
  }
  if (*stats.memory_limit_bytes == 0) {  // the memory controller is off: nothing was measured
    stats.memory_used_bytes.reset();
    stats.memory_limit_bytes.reset();
    stats.memory_percent.reset();
  }
  stats.printed = std::make_shared<PrintedStats>(
      PrintedStats{.cpu_percent = std::string(fields[kCpu]),
                   .memory_usage = std::string(fields[kMemory]),
                   .memory_percent = std::string(fields[kMemoryPercent]),
                   .network_io = std::string(fields[kNetwork]),
                   .block_io = std::string(fields[kBlock]),
                   .pids = std::string(fields[kPids])});
  return stats;
}

}  // namespace

std::vector<std::string> stats_arguments() {
  constexpr const char* kFormat =
      "{{.Container}}\t{{.ID}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t"
      "{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
  return {"docker", "stats", "--no-stream", "--no-trunc", "--format", kFormat};
}

StatsOutput parse_stats(std::string_view text) {
  StatsOutput output;
  for (const std::string_view line : complete_lines(text)) {
    const auto fields = split_fields(line, '\t');
    // The id is empty when the engine could not measure the container; the first field always
    // names it.
    if (fields.size() != kFieldCount || !is_container_id_or_short_id(fields[kContainer])) {
      output.messages.emplace_back(line);
      continue;
    }
    output.rows.push_back({.short_id = std::string(short_container_id(fields[kContainer])),
                           .stats = parse_readings(fields)});
  }
  if (const std::string_view half = half_line(text); !half.empty()) {
    output.messages.emplace_back(half);
  }
  return output;
}

}  // namespace wemol::docker
