#include "gpu_presence.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "text.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kLookEvery{1};  // a GPU can be plugged in
constexpr std::size_t kFileCapBytes = 4096;
constexpr std::uint64_t kNvidia = 0x10de;
constexpr std::uint64_t kAmd = 0x1002;
constexpr std::uint64_t kIntel = 0x8086;
constexpr std::uint64_t kDisplay = 0x03;
constexpr std::uint64_t kController3d = 0x0302;
constexpr std::uint64_t kOtherDisplay = 0x0380;
constexpr std::uint64_t kAccelerator = 0x12;

std::optional<std::uint64_t> hex_number(const FileReader& files, const fs::path& path) {
  constexpr int kHexadecimal = 16;
  const auto text = files.read(path, kFileCapBytes);
  const std::string_view digits = text ? trimmed(trimmed(*text).substr(0, text->find('\n'))) : "";
  return digits.starts_with("0x") ? parse_number<std::uint64_t>(digits.substr(2), kHexadecimal)
                                  : std::nullopt;
}

/// `device_class` is the PCI class code with its subclass and interface: 0x030200.
bool is_gpu(std::uint64_t device_class, std::uint64_t vendor) {
  const std::uint64_t subclass = device_class >> 8U;
  const std::uint64_t base_class = device_class >> 16U;
  if (base_class == kAccelerator || subclass == kController3d) {
    return true;
  }
  if (subclass == kOtherDisplay && vendor == kIntel) {
    return true;  // as its data center GPUs are
  }
  return base_class == kDisplay && (vendor == kNvidia || vendor == kAmd);
}

}  // namespace

GpuPresence::GpuPresence(const FileReader& files, const Clock& clock, fs::path root)
    : files_(files), clock_(clock), root_(std::move(root)) {}

bool GpuPresence::is_certainly_none() {
  if (const SteadyTime now = clock_.now(); !next_look_ || now >= *next_look_) {
    is_none_ = look();
    next_look_ = now + kLookEvery;
  }
  return is_none_;
}

void GpuPresence::settle(GpuReadings& readings) {
  if (!readings.finds_none || !is_certainly_none()) {
    return;
  }
  readings = {};
  readings.devices.emplace();
  readings.processes.emplace();
  readings.conditions.push_back({.key = "no gpu",
                                 .severity = Severity::info,
                                 .message = "no GPU on the PCI bus: gpu_count is 0",
                                 .follow_up = false});
}

bool GpuPresence::look() const {
  return !has_device_file() && is_bus_without_gpu();
}

bool GpuPresence::has_device_file() const {
  std::error_code error;
  for (const char* path : {"proc/driver/nvidia", "sys/module/nvidia"}) {
    if (fs::exists(root_ / path, error) || error) {
      return true;
    }
  }
  constexpr std::array<std::string_view, 5> kPrefixes{"nvidia", "nvhost", "nvmap", "kfd", "dxg"};
  fs::directory_iterator entry(root_ / "dev", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::ranges::any_of(kPrefixes,
                            [&](std::string_view prefix) { return name.starts_with(prefix); })) {
      return true;
    }
  }
  return static_cast<bool>(error);  // there may be one
}

bool GpuPresence::is_bus_without_gpu() const {
  std::error_code error;
  const fs::path bus = root_ / "sys/bus/pci/devices";
  if (!fs::exists(bus, error)) {
    // Some virtual machines have no PCI bus; but without /sys nothing is known.
    return !error && fs::is_directory(root_ / "sys/bus", error);
  }
  fs::directory_iterator device(bus, error);
  for (; !error && device != fs::directory_iterator(); device.increment(error)) {
    const auto device_class = hex_number(files_, device->path() / "class");
    const auto vendor = hex_number(files_, device->path() / "vendor");
    if (!device_class || !vendor || is_gpu(*device_class, *vendor)) {
      return false;
    }
  }
  return !error;
}

}  // namespace wemol
