#include "cpu_files.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

/// user nice system idle iowait irq softirq steal; guest and guest_nice, which follow, are in user
/// and nice.
constexpr std::size_t kCpuTimeFields = 8;
/// More than any host lives for, and their sum is still a number.
constexpr std::uint64_t kMostTicks = std::uint64_t{1} << 60U;
constexpr std::size_t kIdleField = 3;
constexpr std::size_t kIoWaitField = 4;

std::optional<CpuTimes> parse_cpu_times(std::string_view fields) {
  CpuTimes times;
  for (std::size_t field = 0; field < kCpuTimeFields; ++field) {
    const std::string_view word = take_word(fields);
    if (word.empty() && field > kIdleField) {
      break;  // old kernels tell fewer apart
    }
    const auto ticks = parse_number<std::uint64_t>(word);
    if (!ticks || *ticks > kMostTicks) {
      return std::nullopt;
    }
    times.total_ticks += *ticks;
    times.busy_ticks += field == kIdleField || field == kIoWaitField ? 0 : *ticks;
  }
  return times;
}

void keep_rising(CpuTimes& now, const CpuTimes& before) {
  constexpr std::uint64_t kMoment = 300;  // ticks: 3 s
  const auto kept = [](std::uint64_t is, std::uint64_t was) {
    return is < was && was - is <= kMoment ? was : is;
  };
  const std::uint64_t idle =
      kept(now.total_ticks - now.busy_ticks, before.total_ticks - before.busy_ticks);
  now.busy_ticks = kept(now.busy_ticks, before.busy_ticks);
  now.total_ticks = now.busy_ticks + idle;
}

std::optional<double> finite_number(std::string_view text) {
  const auto number = parse_number<double>(text);
  return number && std::isfinite(*number) && *number >= 0 ? number : std::nullopt;
}

}  // namespace

CpuLines parse_cpu_lines(std::string_view stat) {
  constexpr std::string_view kCpu = "cpu";
  CpuLines lines;
  // They come first. What follows is long and nothing to us.
  while (stat.starts_with(kCpu)) {
    std::string_view line = take_line(stat);
    const std::string_view number = take_word(line).substr(kCpu.size());
    const auto times = parse_cpu_times(line);
    if (!times) {
      continue;
    }
    if (number.empty()) {
      lines.all = times;
    } else if (const auto id = parse_number<unsigned>(number)) {
      lines.cores.push_back({.id = *id,
                             .times = *times,
                             .frequency_mhz = std::nullopt,
                             .temperature_celsius = std::nullopt});
    }
  }
  return lines;
}

void keep_rising(CpuLines& now, const CpuLines& before) {
  if (now.all && before.all) {
    keep_rising(*now.all, *before.all);
  }
  for (CoreFacts& core : now.cores) {
    const auto old = std::ranges::lower_bound(before.cores, core.id, {}, &CoreFacts::id);
    if (old != before.cores.end() && old->id == core.id) {
      keep_rising(core.times, old->times);
    }
  }
}

std::optional<LoadLine> parse_load(std::string_view loadavg) {
  // 0.20 0.18 0.12 1/80 11206
  std::string_view line = take_line(loadavg);
  LoadLine load;
  for (double& average : load.averages) {
    const auto number = finite_number(take_word(line));
    if (!number) {
      return std::nullopt;
    }
    average = *number;
  }
  const std::string_view threads = take_word(line);
  const std::size_t slash = threads.find('/');
  const auto count = slash == std::string_view::npos
                         ? std::nullopt
                         : parse_number<std::uint64_t>(threads.substr(slash + 1));
  if (!count) {
    return std::nullopt;
  }
  load.threads = *count;
  return load;
}

PressureFacts parse_pressure(std::string_view text) {
  // some avg10=0.00 avg60=0.00 avg300=0.00 total=0
  constexpr std::string_view kTenSeconds = "avg10=";
  constexpr double kAll = 100;
  PressureFacts facts;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view kind = take_word(line);
    const std::string_view average = take_word(line);
    const auto percent = average.starts_with(kTenSeconds)
                             ? finite_number(average.substr(kTenSeconds.size()))
                             : std::nullopt;
    if (!percent || *percent > kAll) {
      continue;
    }
    if (kind == "some") {
      facts.some_percent = percent;
    } else if (kind == "full") {
      facts.full_percent = percent;
    }
  }
  return facts;
}

namespace {

/// What stands behind the key and its colon in the first line that has it.
std::string_view value_in_cpuinfo(std::string_view cpuinfo, std::string_view key) {
  while (!cpuinfo.empty()) {
    const std::string_view line = take_line(cpuinfo);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == key) {
      return trimmed(line.substr(colon + 1));
    }
  }
  return {};
}

}  // namespace

std::string parse_cpu_model(std::string_view cpuinfo) {
  for (const std::string_view key : {"model name", "cpu", "cpu model", "Model"}) {
    if (const auto model = value_in_cpuinfo(cpuinfo, key); !model.empty()) {
      return printable(model);
    }
  }
  const auto implementer = value_in_cpuinfo(cpuinfo, "CPU implementer");
  const auto part = value_in_cpuinfo(cpuinfo, "CPU part");
  return implementer.empty() || part.empty()
             ? ""
             : printable(fmt::format("ARM implementer {} part {}", implementer, part));
}

std::optional<std::uint64_t> count_in_cpu_list(std::string_view list) {
  std::uint64_t count = 0;
  for (const std::string_view range : split_fields(trimmed(take_line(list)), ',')) {
    const std::size_t dash = range.find('-');
    const auto first = parse_number<std::uint32_t>(range.substr(0, dash));
    const auto last = dash == std::string_view::npos
                          ? first
                          : parse_number<std::uint32_t>(range.substr(dash + 1));
    if (!first || !last || *last < *first) {
      return std::nullopt;
    }
    count += std::uint64_t{*last} - *first + 1;
  }
  return count;
}

}  // namespace wemol::host
