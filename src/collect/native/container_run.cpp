#include "container_run.h"

#include <algorithm>
#include <array>

#include "cgroup_counters.h"

namespace wemol::native {
namespace {

constexpr std::size_t kNetworkTextCapBytes = std::size_t{32} << 10;

/// The interfaces may be taken away from a container that has just ended.
void raise_to(const std::optional<std::uint64_t>& before, std::optional<std::uint64_t>& counter) {
  counter = std::max(counter, before);
}

}  // namespace

ContainerRun::ContainerRun(cgroup::Counters counters, std::optional<PersistentFile> network,
                           SteadyTime began_at)
    : counters_(std::move(counters)), network_(std::move(network)), began_at_(began_at) {}

std::optional<ContainerStats> ContainerRun::read(const Clock& clock) {
  const SteadyTime now = clock.now();
  const auto reading = counters_.read(now);
  if (!reading) {
    return std::nullopt;
  }
  ContainerStats stats{.read_at = clock.wall_now(),
                       .measured_at = now,
                       .memory_used_bytes = reading->memory_used_bytes,
                       .memory_limit_bytes = reading->memory_limit_bytes,
                       .pids = reading->pids};
  stats.cpu_counter = {.used = *reading->cpu_used, .read_at = now, .began_at = began_at_};
  if (reading->block) {
    stats.block_read_bytes = reading->block->read;
    stats.block_written_bytes = reading->block->written;
  }
  read_network(stats);
  read_life(now, stats);
  last_ = stats;
  is_recorded_ = false;
  return stats;
}

bool ContainerRun::is_life_reading_due(SteadyTime now) const {
  return !life_read_at_ || now - *life_read_at_ >= std::min<SteadyTime::duration>(
                                                       kLifeReadingLastsFor, (now - began_at_) / 2);
}

void ContainerRun::read_life(SteadyTime now, ContainerStats& stats) {
  if (is_life_reading_due(now)) {
    life_ = counters_.read_life();
    life_read_at_ = now;
  }
  stats.memory_peak_bytes = life_.memory_peak_bytes;
  stats.out_of_memory_kills = life_.out_of_memory_kills;
}

void ContainerRun::read_network(ContainerStats& stats) const {
  static std::array<char, kNetworkTextCapBytes> buffer;  // one thread reads
  if (!network_) {
    stats.network_received_bytes = 0;
    stats.network_sent_bytes = 0;
  } else if (const auto text = network_->read(buffer)) {
    const NetworkBytes bytes = parse_net_dev(*text);
    stats.network_received_bytes = bytes.received;
    stats.network_sent_bytes = bytes.sent;
  }
}

ContainerRun::LastState ContainerRun::read_last(const Clock& clock) {
  const std::optional<ContainerStats> before = last_;
  const bool is_recorded = is_recorded_;
  life_read_at_ = std::nullopt;
  auto stats = read(clock);
  if (!stats) {
    return {.stats = is_recorded ? std::nullopt : before, .came_too_late = true};
  }
  if (before) {
    raise_to(before->network_received_bytes, stats->network_received_bytes);
    raise_to(before->network_sent_bytes, stats->network_sent_bytes);
    stats->memory_used_bytes = before->memory_used_bytes;
    stats->memory_limit_bytes = before->memory_limit_bytes;
    stats->pids = before->pids;
  }
  return {.stats = std::move(stats), .came_too_late = false};
}

}  // namespace wemol::native
