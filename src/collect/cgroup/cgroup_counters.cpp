#include "cgroup_counters.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>

#include "text.h"

namespace wemol::cgroup {

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  return text == "max" ? std::numeric_limits<std::uint64_t>::max()
                       : parse_number<std::uint64_t>(text);
}

std::optional<std::uint64_t> parse_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (text.starts_with(key) && key.size() < end && text[key.size()] == ' ') {
      return parse_number<std::uint64_t>(text.substr(key.size() + 1, end - key.size() - 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::uint64_t memory_used_bytes(std::uint64_t usage_bytes, std::string_view stat) {
  for (const std::string_view key : {"total_inactive_file", "inactive_file"}) {
    if (const auto inactive = parse_value(stat, key); inactive && *inactive < usage_bytes) {
      return usage_bytes - *inactive;
    }
  }
  return usage_bytes;
}

std::optional<BlockBytes> parse_blkio(std::string_view text) {
  // 253:0 Read 4096
  constexpr std::size_t kFieldsOfDevice = 3;
  std::optional<BlockBytes> sum;
  for (const std::string_view line : complete_lines(text)) {
    const auto fields = split_fields(line, ' ');
    const auto bytes =
        fields.size() == kFieldsOfDevice ? parse_number<std::uint64_t>(fields[2]) : std::nullopt;
    if (!bytes) {
      continue;
    }
    sum = sum.value_or(BlockBytes{});
    if (fields[1] == "Read") {
      sum->read += *bytes;
    } else if (fields[1] == "Write") {
      sum->written += *bytes;
    }
  }
  return sum;
}

BlockBytes parse_io_stat(std::string_view text) {
  // 253:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0
  constexpr std::string_view kRead = "rbytes=";
  constexpr std::string_view kWritten = "wbytes=";
  BlockBytes sum;
  for (const std::string_view line : complete_lines(text)) {
    for (const std::string_view field : split_fields(line, ' ')) {
      if (field.starts_with(kRead)) {
        sum.read += parse_number<std::uint64_t>(field.substr(kRead.size())).value_or(0);
      } else if (field.starts_with(kWritten)) {
        sum.written += parse_number<std::uint64_t>(field.substr(kWritten.size())).value_or(0);
      }
    }
  }
  return sum;
}

}  // namespace wemol::cgroup

namespace wemol {
namespace {

constexpr std::string_view kDockersPrefix = "eth";

/// Fields behind the interface's name.
constexpr std::size_t kReceivedBytes = 0;
constexpr std::size_t kSentBytes = 8;

bool is_made_by_docker(std::string_view name) {
  return name.starts_with(kDockersPrefix) &&
         parse_number<unsigned>(name.substr(kDockersPrefix.size())).has_value();
}

std::optional<NetworkBytes> parse_counters(std::string_view text) {
  std::array<std::uint64_t, kSentBytes + 1> values{};
  for (std::uint64_t& value : values) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto number = parse_number<std::uint64_t>(text.substr(0, end));
    if (!number) {
      return std::nullopt;
    }
    value = *number;
    text.remove_prefix(end);
  }
  return NetworkBytes{values[kReceivedBytes], values[kSentBytes]};
}

void add(const NetworkBytes& summand, NetworkBytes& sum) {
  sum.received += summand.received;
  sum.sent += summand.sent;
}

}  // namespace

NetworkBytes parse_net_dev(std::string_view text) {
  NetworkBytes of_docker;
  NetworkBytes of_others;
  bool has_docker = false;
  for (const std::string_view line : complete_lines(text)) {
    const std::size_t colon = line.find(':');  // old kernels put no blank behind it
    const std::string_view name = trimmed(line.substr(0, colon));
    if (colon == std::string_view::npos || name == "lo") {
      continue;
    }
    const bool is_dockers = is_made_by_docker(name);
    if (const auto counters = parse_counters(line.substr(colon + 1))) {
      add(*counters, is_dockers ? of_docker : of_others);
      has_docker = has_docker || is_dockers;
    }
  }
  return has_docker ? of_docker : of_others;
}

}  // namespace wemol

namespace wemol::cgroup {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTextCapBytes = std::size_t{64} << 10;
using Buffer = std::array<char, kTextCapBytes>;

/// One thread reads; too large for every call's stack.
Buffer& shared_buffer() {
  static Buffer buffer;
  return buffer;
}

/// Leaves `file` closed when this kernel does not have it; an error when nothing can be opened.
Result<void> open_into(const std::optional<Folder>& folder, const char* v1_name,
                       const char* v2_name, PersistentFile& file) {
  if (!folder) {
    return {};
  }
  auto opened = PersistentFile::open(folder->path / (folder->is_v2 ? v2_name : v1_name));
  if (opened) {
    file = std::move(*opened);
  } else if (opened.error().code == EMFILE || opened.error().code == ENFILE) {
    return tl::make_unexpected(std::move(opened.error()));
  }
  return {};
}

std::optional<std::uint64_t> count_in(const PersistentFile& file, Buffer& buffer) {
  const auto text = file.read(buffer);
  return text ? parse_count(*text) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> cpu_used_of(std::string_view text, bool is_v2) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto count = is_v2 ? parse_value(text, "usage_usec") : parse_count(text);
  const std::chrono::nanoseconds unit = is_v2 ? 1us : 1ns;
  const auto units_at_most = kMost / static_cast<std::uint64_t>(unit.count());
  return count && *count <= units_at_most ? std::optional(static_cast<std::int64_t>(*count) * unit)
                                          : std::nullopt;
}

std::optional<BlockBytes> block_bytes_in(const PersistentFile& file, bool is_v2, Buffer& buffer) {
  const auto text = file.read(buffer);
  if (!text) {
    return std::nullopt;
  }
  return is_v2 ? parse_io_stat(*text) : parse_blkio(*text).value_or(BlockBytes{});
}

}  // namespace

Result<Counters> Counters::open(const Folders& folders, std::uint64_t host_memory_bytes) {
  if (!folders.cpu) {
    return failure("its control group with the CPU's counter is not mounted here");
  }
  auto cpu =
      PersistentFile::open(folders.cpu->path / (folders.cpu->is_v2 ? "cpu.stat" : "cpuacct.usage"));
  if (!cpu) {
    return tl::make_unexpected(std::move(cpu.error()));
  }
  Counters counters;
  counters.host_memory_bytes_ = host_memory_bytes;
  counters.memory_ = folders.memory;
  counters.cpu_ = std::move(*cpu);
  counters.is_cpu_v2_ = folders.cpu->is_v2;
  counters.is_block_io_v2_ = folders.block_io && folders.block_io->is_v2;
  Result<void> opened =
      open_into(folders.memory, "memory.usage_in_bytes", "memory.current", counters.memory_usage_);
  const auto then = [&](const std::optional<Folder>& folder, const char* v1, const char* v2,
                        PersistentFile& file) {
    opened = opened ? open_into(folder, v1, v2, file) : opened;
  };
  then(folders.memory, "memory.stat", "memory.stat", counters.memory_stat_);
  then(folders.memory, "memory.limit_in_bytes", "memory.max", counters.memory_limit_);
  then(folders.block_io, "blkio.throttle.io_service_bytes", "io.stat", counters.block_io_);
  if (!counters.is_block_io_v2_) {
    then(folders.block_io, "blkio.io_service_bytes_recursive", "", counters.block_io_of_cfq_);
  }
  then(folders.pids, "pids.current", "pids.current", counters.pids_);
  if (!opened) {
    return tl::make_unexpected(std::move(opened.error()));
  }
  return counters;
}

LifeReading Counters::read_life() const {
  if (!memory_) {
    return {};
  }
  Buffer& buffer = shared_buffer();
  const auto text_of = [&](const char* v1_name, const char* v2_name) {
    return PersistentFile::open(memory_->path / (memory_->is_v2 ? v2_name : v1_name))
        .and_then([&](const PersistentFile& file) { return file.read(buffer); });
  };
  LifeReading life;
  if (const auto peak = text_of("memory.max_usage_in_bytes", "memory.peak")) {
    life.memory_peak_bytes = parse_count(*peak);
  }
  if (const auto events = text_of("memory.oom_control", "memory.events")) {
    life.out_of_memory_kills = parse_value(*events, "oom_kill");
  }
  return life;
}

std::optional<std::uint64_t> Counters::limit_bytes(SteadyTime now) {
  if (!limit_ || now - limit_->read_at >= kLimitLastsFor) {
    const auto limit = count_in(memory_limit_, shared_buffer());
    limit_ = limit ? std::optional(Limit{std::min(*limit, host_memory_bytes_), now}) : std::nullopt;
  }
  return limit_ ? std::optional(limit_->bytes) : std::nullopt;
}

std::optional<Reading> Counters::read(SteadyTime now) {
  Buffer& buffer = shared_buffer();
  Reading reading;
  const auto cpu = cpu_.read(buffer);
  reading.cpu_used = cpu ? cpu_used_of(*cpu, is_cpu_v2_) : std::nullopt;
  if (!reading.cpu_used) {
    return std::nullopt;
  }
  if (const auto usage = count_in(memory_usage_, buffer)) {
    const auto stat = memory_stat_.read(buffer);
    reading.memory_used_bytes = memory_used_bytes(*usage, stat.value_or(std::string_view()));
    reading.memory_limit_bytes = limit_bytes(now);
  }
  if (block_io_of_cfq_.is_file()) {
    const auto text = block_io_of_cfq_.read(buffer);
    reading.block = text ? parse_blkio(*text) : std::nullopt;
  }
  if (!reading.block) {
    reading.block = block_bytes_in(block_io_, is_block_io_v2_, buffer);
  }
  reading.pids = count_in(pids_, buffer);
  return reading;
}

}  // namespace wemol::cgroup
