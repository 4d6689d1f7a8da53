#include "docker_text.h"

#include <array>
#include <string_view>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace wemol {
namespace {

constexpr std::string_view kAbsent = "--";
constexpr std::array kBinaryUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr std::array kDecimalUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};

/// `number_format` as fmt takes it, for the number and its unit.
template <typename Format, std::size_t Count>
std::string size_text(std::optional<std::uint64_t> bytes, double base, const Format& number_format,
                      const std::array<const char*, Count>& units) {
  if (!bytes) {
    return std::string(kAbsent);
  }
  auto value = static_cast<double>(*bytes);
  std::size_t unit = 0;
  while (value >= base && unit + 1 < units.size()) {
    value /= base;
    ++unit;
  }
  return fmt::format(number_format, value, units[unit]);
}

std::string memory_text(std::optional<std::uint64_t> bytes) {
  return size_text(bytes, 1024, FMT_COMPILE("{:.4g}{}"), kBinaryUnits);
}

std::string io_text(std::optional<std::uint64_t> bytes) {
  return size_text(bytes, 1000, FMT_COMPILE("{:.3g}{}"), kDecimalUnits);
}

std::string percent_text(std::optional<double> percent) {
  return percent ? fmt::format(FMT_COMPILE("{:.2f}%"), *percent) : std::string(kAbsent);
}

std::string pair_text(const std::string& first, const std::string& second) {
  return first + " / " + second;
}

}  // namespace

PrintedStats docker_text(const ContainerStats& stats) {
  if (stats.printed) {
    return *stats.printed;
  }
  return {
      .cpu_percent = percent_text(stats.cpu_percent),
      .memory_usage =
          pair_text(memory_text(stats.memory_used_bytes), memory_text(stats.memory_limit_bytes)),
      .memory_percent = percent_text(stats.memory_percent),
      .network_io =
          pair_text(io_text(stats.network_received_bytes), io_text(stats.network_sent_bytes)),
      .block_io = pair_text(io_text(stats.block_read_bytes), io_text(stats.block_written_bytes)),
      .pids = stats.pids ? std::to_string(*stats.pids) : std::string(kAbsent)};
}

}  // namespace wemol
