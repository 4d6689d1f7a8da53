#include "disk_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

/// 259 0 nvme0n1 reads merged sectors ms writes merged sectors ms …
std::optional<DiskFacts> parse_disk(std::string_view line) {
  constexpr std::uint64_t kSectorBytes = 512;  // also where the disk's own sectors are larger
  constexpr std::size_t kNumbers = 7;
  for (int number = 0; number < 2; ++number) {
    (void)take_word(line);
  }
  const std::string_view name = take_word(line);
  std::array<std::uint64_t, kNumbers> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto parsed = parse_number<std::uint64_t>(take_word(line));
    if (!parsed) {
      return std::nullopt;
    }
    number = *parsed;
  }
  const auto [reads, merged_reads, read, read_ms, writes, merged_writes, written] = numbers;
  constexpr std::uint64_t kMostSectors = std::numeric_limits<std::uint64_t>::max() / kSectorBytes;
  if (read > kMostSectors || written > kMostSectors) {
    return std::nullopt;
  }
  return DiskFacts{.name = std::string(name),
                   .read_bytes = read * kSectorBytes,
                   .written_bytes = written * kSectorBytes,
                   .reads = reads,
                   .writes = writes};
}

bool has_done_nothing(const DiskFacts& disk) {
  return disk.reads == 0 && disk.writes == 0;
}

void add_disk(const DiskFacts& summand, DiskFacts& sum) {
  sum.read_bytes += summand.read_bytes;
  sum.written_bytes += summand.written_bytes;
  sum.reads += summand.reads;
  sum.writes += summand.writes;
}

/// Takes the digits off the front; false when there is none.
bool take_digits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

bool take_text(std::string_view& text, std::string_view front) {
  const bool has_it = text.starts_with(front);
  text.remove_prefix(has_it ? front.size() : 0);
  return has_it;
}

}  // namespace

std::vector<DiskFacts> parse_diskstats(std::string_view text) {
  std::vector<DiskFacts> devices;
  while (!text.empty()) {
    if (auto disk = parse_disk(take_line(text))) {
      devices.push_back(std::move(*disk));
    }
  }
  return devices;
}

std::string disk_of_nvme_path(std::string_view name) {
  std::string_view rest = name;
  if (!take_text(rest, "nvme") || !take_digits(rest)) {
    return {};
  }
  const std::string_view subsystem = name.substr(0, name.size() - rest.size());
  if (!take_text(rest, "c") || !take_digits(rest)) {
    return {};
  }
  const std::string_view disk = rest;
  const bool is_path = take_text(rest, "n") && take_digits(rest) && rest.empty();
  return is_path ? std::string(subsystem) + std::string(disk) : std::string();
}

std::vector<DiskFacts> whole_disks(const std::vector<DiskFacts>& devices,
                                   const std::function<bool(const std::string& name)>& is_device) {
  std::vector<DiskFacts> disks;
  std::vector<DiskFacts> by_paths;  // under the names of their disks
  for (const DiskFacts& device : devices) {
    std::string disk = disk_of_nvme_path(device.name);
    if (disk.empty()) {
      if (is_device(device.name)) {
        disks.push_back(device);
      }
      continue;
    }
    const auto sum = std::ranges::find(by_paths, disk, &DiskFacts::name);
    if (sum != by_paths.end()) {
      add_disk(device, *sum);
    } else {
      by_paths.push_back(device);
      by_paths.back().name = std::move(disk);
    }
  }
  for (DiskFacts& disk : disks) {
    const auto sum = std::ranges::find(by_paths, disk.name, &DiskFacts::name);
    if (sum != by_paths.end() && has_done_nothing(disk)) {
      disk = *sum;
    }
  }
  return disks;
}

}  // namespace wemol::host
