#include "host_schema.h"

#include <unistd.h>

#include <array>

namespace wemol {
namespace {

template <typename Record>
using Getter = FieldValue (*)(const Record&);

/// The place in the record, the unit, the name in a run's lines, the metric.
template <typename Record>
constexpr HostField<Record> row(std::string_view name, Unit unit, std::string_view flat_key,
                                std::string_view metric, std::string_view meaning,
                                Getter<Record> value) {
  return {{{name, unit, "", metric, meaning}, flat_key}, value};
}

template <typename Value>
FieldValue figure(const std::optional<Value>& value) {
  return value ? FieldValue(*value) : FieldValue();
}

template <typename Record, auto Member>
FieldValue figure_of(const Record& record) {
  return figure(record.*Member);
}

/// Of a member that is always known.
template <typename Record, auto Member>
FieldValue plain(const Record& record) {
  return FieldValue(record.*Member);
}

template <auto Member>
FieldValue host(const HostSample& sample) {
  return figure(sample.*Member);
}

template <auto Member>
FieldValue memory(const HostSample& sample) {
  return figure(sample.memory.*Member);
}

template <auto Pressure, auto Member>
FieldValue pressure(const HostSample& sample) {
  return figure(sample.*Pressure.*Member);
}

template <std::size_t At>
FieldValue load(const HostSample& sample) {
  return sample.load_averages ? FieldValue((*sample.load_averages)[At]) : FieldValue();
}

FieldValue seconds_covered(const HostSample& sample) {
  return sample.rates_cover ? FieldValue(std::chrono::duration<double>(*sample.rates_cover).count())
                            : FieldValue();
}

using Sample = HostSample;
using Memory = MemoryFacts;
using Pressure = PressureFacts;

constexpr std::array kHostFields{
    row<Sample>("cpu.overall", Unit::percent, "system.cpu.usage_percent", "host_cpu_usage_percent",
                "Share of the time of all CPUs in which they were busy",
                host<&Sample::cpu_usage_percent>),
    row<Sample>("cpu.loadAverage.0", Unit::count, "system.cpu.load_avg_1min", "host_load1",
                "Load average over 1 minute", load<0>),
    row<Sample>("cpu.loadAverage.1", Unit::count, "system.cpu.load_avg_5min", "host_load5",
                "Load average over 5 minutes", load<1>),
    row<Sample>("cpu.loadAverage.2", Unit::count, "system.cpu.load_avg_15min", "host_load15",
                "Load average over 15 minutes", load<2>),
    row<Sample>("cpu.processes", Unit::count, "system.cpu.processes", "host_processes",
                "Processes on the host", host<&Sample::processes>),
    row<Sample>("cpu.threads", Unit::count, "system.cpu.threads", "host_threads",
                "Threads on the host", host<&Sample::threads>),
    row<Sample>("cpu.temperature", Unit::celsius, "system.cpu.temperature_celsius",
                "host_cpu_package_temperature_celsius", "Of the hottest CPU package",
                host<&Sample::cpu_temperature_celsius>),
    row<Sample>("memory.usage", Unit::percent, "system.memory.usage_percent",
                "host_memory_usage_percent", "Used memory as a share of the total",
                host<&Sample::memory_usage_percent>),
    row<Sample>("memory.used", Unit::bytes, "system.memory.used_bytes", "host_memory_used_bytes",
                "Total less available memory", host<&Sample::memory_used_bytes>),
    row<Sample>("memory.total", Unit::bytes, "system.memory.total_bytes", "host_memory_total_bytes",
                "Memory of the host", memory<&Memory::total_bytes>),
    row<Sample>("memory.available", Unit::bytes, "system.memory.available_bytes",
                "host_memory_available_bytes",
                "What programs can get without swapping, as the kernel estimates",
                memory<&Memory::available_bytes>),
    row<Sample>("memory.swap.used", Unit::bytes, "system.swap.used_bytes", "host_swap_used_bytes",
                "Used swap", host<&Sample::swap_used_bytes>),
    row<Sample>("memory.swap.total", Unit::bytes, "system.swap.total_bytes",
                "host_swap_total_bytes", "Swap of the host", memory<&Memory::swap_total_bytes>),
    row<Sample>("memory.swap.percentage", Unit::percent, "system.swap.usage_percent",
                "host_swap_usage_percent", "Used swap as a share of the total",
                host<&Sample::swap_usage_percent>),
    row<Sample>("memory.cgroup.used", Unit::bytes, "system.memory.cgroup_used_bytes",
                "host_memory_cgroup_used_bytes", "Used in the sampling process's control group",
                memory<&Memory::cgroup_used_bytes>),
    row<Sample>("memory.cgroup.limit", Unit::bytes, "system.memory.cgroup_limit_bytes",
                "host_memory_cgroup_limit_bytes",
                "Limit of the sampling process's control group; null without one",
                memory<&Memory::cgroup_limit_bytes>),
    row<Sample>("disk.usage", Unit::percent, "system.disk.usage_percent", "host_disk_usage_percent",
                "Used space of all file systems on disks as a share of their total",
                host<&Sample::disk_usage_percent>),
    row<Sample>("disk.used", Unit::bytes, "system.disk.used_bytes", "host_disk_used_bytes",
                "Used space of all file systems on disks", host<&Sample::disk_used_bytes>),
    row<Sample>("disk.total", Unit::bytes, "system.disk.total_bytes", "host_disk_total_bytes",
                "Space of all file systems on disks", host<&Sample::disk_total_bytes>),
    row<Sample>("disk.ioRead", Unit::bytes_per_second, "system.disk.io_read_bytes_per_sec", "",
                "Read from whole disks", host<&Sample::disk_read_bytes_per_second>),
    row<Sample>("disk.ioWrite", Unit::bytes_per_second, "system.disk.io_write_bytes_per_sec", "",
                "Written to whole disks", host<&Sample::disk_written_bytes_per_second>),
    row<Sample>("disk.iops", Unit::per_second, "system.disk.io_operations_per_sec", "",
                "Completed reads and writes of whole disks",
                host<&Sample::disk_operations_per_second>),
    row<Sample>("network.bytesIn", Unit::bytes_per_second, "system.network.rx_bytes_per_sec", "",
                "Received through physical interfaces",
                host<&Sample::network_received_bytes_per_second>),
    row<Sample>("network.bytesOut", Unit::bytes_per_second, "system.network.tx_bytes_per_sec", "",
                "Sent through physical interfaces", host<&Sample::network_sent_bytes_per_second>),
    row<Sample>("network.packetsIn", Unit::per_second, "system.network.rx_packets_per_sec", "",
                "Packets received through physical interfaces",
                host<&Sample::network_received_packets_per_second>),
    row<Sample>("network.packetsOut", Unit::per_second, "system.network.tx_packets_per_sec", "",
                "Packets sent through physical interfaces",
                host<&Sample::network_sent_packets_per_second>),
    row<Sample>("network.connections", Unit::count, "system.network.connections",
                "host_tcp_connections", "Established TCP connections, IPv4 and IPv6",
                host<&Sample::tcp_connections>),
    row<Sample>("pressure.cpu.some", Unit::percent, "system.pressure.cpu_some_percent",
                "host_pressure_cpu_some_percent",
                "Share of the last 10 s in which a task waited for a CPU",
                pressure<&Sample::cpu_pressure, &Pressure::some_percent>),
    row<Sample>("pressure.cpu.full", Unit::percent, "system.pressure.cpu_full_percent",
                "host_pressure_cpu_full_percent",
                "Share of the last 10 s in which all tasks waited for a CPU",
                pressure<&Sample::cpu_pressure, &Pressure::full_percent>),
    row<Sample>("pressure.memory.some", Unit::percent, "system.pressure.memory_some_percent",
                "host_pressure_memory_some_percent",
                "Share of the last 10 s in which a task waited for memory",
                pressure<&Sample::memory_pressure, &Pressure::some_percent>),
    row<Sample>("pressure.memory.full", Unit::percent, "system.pressure.memory_full_percent",
                "host_pressure_memory_full_percent",
                "Share of the last 10 s in which all tasks waited for memory",
                pressure<&Sample::memory_pressure, &Pressure::full_percent>),
    row<Sample>("pressure.io.some", Unit::percent, "system.pressure.io_some_percent",
                "host_pressure_io_some_percent",
                "Share of the last 10 s in which a task waited for a disk",
                pressure<&Sample::io_pressure, &Pressure::some_percent>),
    row<Sample>("pressure.io.full", Unit::percent, "system.pressure.io_full_percent",
                "host_pressure_io_full_percent",
                "Share of the last 10 s in which all tasks waited for a disk",
                pressure<&Sample::io_pressure, &Pressure::full_percent>),
    row<Sample>("coverage.seconds", Unit::seconds, "", "",
                "The time that the rates are of: since the record before", seconds_covered),
};

constexpr std::array kCoreFields{
    row<CoreSample>("id", Unit::count, "", "", "The CPU, as the kernel numbers it",
                    [](const CoreSample& core) { return FieldValue(std::uint64_t{core.id}); }),
    row<CoreSample>("usage", Unit::percent, "system.cpu.core{}.usage_percent",
                    "host_cpu_core_usage_percent", "Share of its time in which it was busy",
                    figure_of<CoreSample, &CoreSample::usage_percent>),
    row<CoreSample>("frequency", Unit::megahertz, "system.cpu.core{}.frequency_mhz",
                    "host_cpu_frequency_hertz", "Its present frequency",
                    figure_of<CoreSample, &CoreSample::frequency_mhz>),
    row<CoreSample>("temperature", Unit::celsius, "system.cpu.core{}.temperature_celsius",
                    "host_cpu_temperature_celsius", "Of its physical core",
                    figure_of<CoreSample, &CoreSample::temperature_celsius>),
};

double seconds_of(std::uint64_t ticks) {
  static const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(ticks) / per_second;
}

constexpr std::array kCoreCounterFields{
    row<CoreFacts>(
        "", Unit::seconds, "", "host_cpu_busy_seconds_total",
        "Time that the CPU was busy since the boot",
        [](const CoreFacts& core) { return FieldValue(seconds_of(core.times.busy_ticks)); }),
    row<CoreFacts>("", Unit::seconds, "", "host_cpu_idle_seconds_total",
                   "Time that the CPU was idle since the boot, waiting for disks included",
                   [](const CoreFacts& core) {
                     return FieldValue(seconds_of(core.times.total_ticks - core.times.busy_ticks));
                   }),
};

template <auto Member>
FieldValue gpu(const GpuDevice& device) {
  return figure(device.*Member);
}

template <typename Number>
std::optional<double> percent_of(const std::optional<Number>& part,
                                 const std::optional<Number>& whole) {
  constexpr double kPercent = 100;
  if (!part || !whole || !(*whole > 0)) {
    return std::nullopt;
  }
  return kPercent * static_cast<double>(*part) / static_cast<double>(*whole);
}

/// The limit that holds; a driver that does not say it still says what was asked for.
std::optional<double> power_limit(const GpuDevice& device) {
  return device.enforced_power_limit_watts ? device.enforced_power_limit_watts
                                           : device.power_limit_watts;
}

using Gpu = GpuDevice;

constexpr std::array kGpuFields{
    row<Gpu>("id", Unit::count, "", "", "The driver's index, which may change at a boot",
             [](const Gpu& device) { return FieldValue(std::uint64_t{device.index}); }),
    row<Gpu>("uuid", Unit::text, "", "", "Stays the same over boots", plain<Gpu, &Gpu::uuid>),
    row<Gpu>("name", Unit::text, "", "", "The model", plain<Gpu, &Gpu::name>),
    row<Gpu>("utilization", Unit::percent, "gpu.{}.gpu", "gpu_utilization_percent",
             "Share of time with a kernel running", gpu<&Gpu::utilization_percent>),
    row<Gpu>("memoryUtilization", Unit::percent, "gpu.{}.memory", "gpu_memory_utilization_percent",
             "Share of time with memory traffic", gpu<&Gpu::memory_utilization_percent>),
    row<Gpu>("memory.used", Unit::bytes, "gpu.{}.memoryAllocatedBytes", "gpu_memory_used_bytes",
             "Held by all processes", gpu<&Gpu::memory_used_bytes>),
    row<Gpu>("memory.total", Unit::bytes, "gpu.{}.memoryTotalBytes", "gpu_memory_total_bytes",
             "Memory of the GPU", gpu<&Gpu::memory_total_bytes>),
    row<Gpu>("memory.percentage", Unit::percent, "gpu.{}.memoryAllocated", "",
             "Used memory as a share of the total",
             [](const Gpu& device) {
               return figure(percent_of(device.memory_used_bytes, device.memory_total_bytes));
             }),
    row<Gpu>("temperature", Unit::celsius, "gpu.{}.temp", "gpu_temperature_celsius", "Of the chip",
             gpu<&Gpu::temperature_celsius>),
    row<Gpu>("power", Unit::watts, "gpu.{}.powerWatts", "gpu_power_draw_watts",
             "Power draw, a mean over a second on most models", gpu<&Gpu::power_draw_watts>),
    row<Gpu>("powerLimit", Unit::watts, "gpu.{}.enforcedPowerLimitWatts", "gpu_power_limit_watts",
             "The power limit that holds", [](const Gpu& it) { return figure(power_limit(it)); }),
    row<Gpu>(
        "powerPercent", Unit::percent, "gpu.{}.powerPercent", "",
        "Power draw as a share of the limit",
        [](const Gpu& it) { return figure(percent_of(it.power_draw_watts, power_limit(it))); }),
    row<Gpu>("smClock", Unit::megahertz, "gpu.{}.smClock", "gpu_sm_clock_hertz",
             "Clock of its processors", gpu<&Gpu::sm_clock_mhz>),
    row<Gpu>("memoryClock", Unit::megahertz, "gpu.{}.memoryClock", "gpu_memory_clock_hertz",
             "Clock of its memory", gpu<&Gpu::memory_clock_mhz>),
    row<Gpu>("fanSpeed", Unit::percent, "gpu.{}.fanSpeed", "gpu_fan_speed_percent",
             "Of the maximum; may exceed 100", gpu<&Gpu::fan_speed_percent>),
    row<Gpu>("correctedMemoryErrors", Unit::count, "gpu.{}.correctedMemoryErrors",
             "gpu_corrected_memory_errors_total",
             "Memory errors that ECC has corrected since the driver was loaded",
             gpu<&Gpu::corrected_memory_errors>),
    row<Gpu>("uncorrectedMemoryErrors", Unit::count, "gpu.{}.uncorrectedMemoryErrors",
             "gpu_uncorrected_memory_errors_total",
             "Memory errors that ECC could not correct since the driver was loaded",
             gpu<&Gpu::uncorrected_memory_errors>),
};

using Files = FileSystemFacts;

constexpr std::array kFileSystemFields{
    row<Files>("mountPoint", Unit::text, "", "", "Where it is mounted, the shortest path",
               plain<Files, &Files::mount_point>),
    row<Files>("type", Unit::text, "", "", "The kernel's name of its type",
               plain<Files, &Files::type>),
    row<Files>("network", Unit::flag, "", "",
               "It lies on another host, and is not in the totals above",
               plain<Files, &Files::is_network>),
    row<Files>("total", Unit::bytes, "", "host_filesystem_size_bytes", "Its size",
               plain<Files, &Files::total_bytes>),
    row<Files>("used", Unit::bytes, "", "host_filesystem_used_bytes", "Used space",
               plain<Files, &Files::used_bytes>),
    row<Files>("available", Unit::bytes, "", "host_filesystem_available_bytes",
               "Free space for users other than root", plain<Files, &Files::available_bytes>),
};

using Disk = DiskFacts;

constexpr std::array kDiskFields{
    row<Disk>("", Unit::bytes, "", "host_disk_read_bytes_total",
              "Read from the whole disk since the boot", plain<Disk, &Disk::read_bytes>),
    row<Disk>("", Unit::bytes, "", "host_disk_written_bytes_total",
              "Written to the whole disk since the boot", plain<Disk, &Disk::written_bytes>),
    row<Disk>("", Unit::count, "", "host_disk_reads_completed_total",
              "Completed reads of the whole disk since the boot", plain<Disk, &Disk::reads>),
    row<Disk>("", Unit::count, "", "host_disk_writes_completed_total",
              "Completed writes of the whole disk since the boot", plain<Disk, &Disk::writes>),
};

using Interface = InterfaceFacts;

constexpr std::array kInterfaceFields{
    row<Interface>("", Unit::bytes, "", "host_network_receive_bytes_total",
                   "Received since the interface came up",
                   plain<Interface, &Interface::received_bytes>),
    row<Interface>("", Unit::bytes, "", "host_network_transmit_bytes_total",
                   "Sent since the interface came up", plain<Interface, &Interface::sent_bytes>),
    row<Interface>("", Unit::count, "", "host_network_receive_packets_total",
                   "Packets received since the interface came up",
                   plain<Interface, &Interface::received_packets>),
    row<Interface>("", Unit::count, "", "host_network_transmit_packets_total",
                   "Packets sent since the interface came up",
                   plain<Interface, &Interface::sent_packets>),
};

using Tree = ProcessTreeSample;

constexpr std::array kTreeFields{
    row<Tree>("processes", Unit::count, "system.process.processes", "",
              "Processes of the run: its own and all that descend from it",
              plain<Tree, &Tree::processes>),
    row<Tree>("cpu", Unit::percent, "system.process.cpu_percent", "",
              "CPU time of the run's processes; 100 is one busy CPU",
              figure_of<Tree, &Tree::cpu_percent>),
    row<Tree>("memory", Unit::bytes, "system.process.memory_rss_bytes", "",
              "Resident memory of the run's processes; what they share counts for each",
              figure_of<Tree, &Tree::resident_bytes>),
};

constexpr std::array kTreeGpuFields{
    row<TreeOnGpu>("uuid", Unit::text, "", "", "The GPU",
                   [](const TreeOnGpu& it) { return FieldValue(it.use.uuid); }),
    row<TreeOnGpu>("utilization", Unit::percent, "gpu.process.{}.gpu", "",
                   "Share of the GPU's SM time that the run's processes had",
                   [](const TreeOnGpu& it) { return figure(it.use.sm_utilization_percent); }),
    row<TreeOnGpu>("memory", Unit::bytes, "gpu.process.{}.memoryAllocatedBytes", "",
                   "GPU memory held by the run's processes",
                   [](const TreeOnGpu& it) { return figure(it.use.memory_used_bytes); }),
    row<TreeOnGpu>("memoryPercentage", Unit::percent, "gpu.process.{}.memoryAllocated", "",
                   "The same as a share of the GPU's memory",
                   [](const TreeOnGpu& it) {
                     return it.device == nullptr
                                ? FieldValue()
                                : figure(percent_of(it.use.memory_used_bytes,
                                                    it.device->memory_total_bytes));
                   }),
};

}  // namespace

std::span<const HostField<HostSample>> host_fields() {
  return kHostFields;
}

std::span<const HostField<CoreSample>> core_fields() {
  return kCoreFields;
}

std::span<const HostField<CoreFacts>> core_counter_fields() {
  return kCoreCounterFields;
}

std::span<const HostField<GpuDevice>> gpu_fields() {
  return kGpuFields;
}

std::span<const HostField<FileSystemFacts>> file_system_fields() {
  return kFileSystemFields;
}

std::span<const HostField<DiskFacts>> disk_fields() {
  return kDiskFields;
}

std::span<const HostField<InterfaceFacts>> interface_fields() {
  return kInterfaceFields;
}

std::span<const HostField<ProcessTreeSample>> tree_fields() {
  return kTreeFields;
}

std::span<const HostField<TreeOnGpu>> tree_gpu_fields() {
  return kTreeGpuFields;
}

}  // namespace wemol
