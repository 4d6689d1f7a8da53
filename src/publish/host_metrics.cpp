#include "host_metrics.h"

#include <span>
#include <vector>

#include "host_schema.h"

namespace wemol {
namespace {

/// `add` writes a sample of each record for the field whose family has begun.
template <typename Record, typename AddAll>
void add_families(std::span<const HostField<Record>> fields, AddAll add_all, MetricsText& text) {
  for (const HostField<Record>& field : fields) {
    if (!field.metric.empty()) {
      text.begin_family(field);
      add_all(field);
    }
  }
}

void add_cores(const HostSample& sample, MetricsText& text) {
  add_families(
      core_fields(),
      [&](const HostField<CoreSample>& field) {
        for (const CoreSample& core : sample.cores) {
          text.add({{"cpu", std::to_string(core.id)}}, field.value(core));
        }
      },
      text);
}

void add_gpus(const std::vector<GpuDevice>& devices, MetricsText& text) {
  text.begin_family({"", Unit::count, "", "gpu_info", "A GPU and its model; the value is 1"});
  for (const GpuDevice& device : devices) {
    text.add({{"gpu", std::to_string(device.index)}, {"uuid", device.uuid}, {"model", device.name}},
             std::uint64_t{1});
  }
  add_families(
      gpu_fields(),
      [&](const HostField<GpuDevice>& field) {
        for (const GpuDevice& device : devices) {
          text.add({{"gpu", std::to_string(device.index)}, {"uuid", device.uuid}},
                   field.value(device));
        }
      },
      text);
}

void add_file_systems(const std::vector<FileSystemFacts>& file_systems, MetricsText& text) {
  add_families(
      file_system_fields(),
      [&](const HostField<FileSystemFacts>& field) {
        for (const FileSystemFacts& files : file_systems) {
          text.add({{"mountpoint", files.mount_point}, {"fstype", files.type}}, field.value(files));
        }
      },
      text);
}

template <typename Device>
void add_devices(std::span<const HostField<Device>> fields, const std::vector<Device>& devices,
                 MetricsText& text) {
  add_families(
      fields,
      [&](const HostField<Device>& field) {
        for (const Device& device : devices) {
          text.add({{"device", device.name}}, field.value(device));
        }
      },
      text);
}

void add_counters(const HostFacts& facts, MetricsText& text) {
  add_families(
      core_counter_fields(),
      [&](const HostField<CoreFacts>& field) {
        for (const CoreFacts& core : facts.cpu.cores) {
          text.add({{"cpu", std::to_string(core.id)}}, field.value(core));
        }
      },
      text);
  if (facts.disks) {
    add_devices(disk_fields(), *facts.disks, text);
  }
  if (facts.interfaces) {
    add_devices(interface_fields(), *facts.interfaces, text);
  }
}

}  // namespace

void add_sample_time(const HostSample& sample, MetricsText& text) {
  using Seconds = std::chrono::duration<double>;
  text.begin_family({"", Unit::seconds, "", "host_sample_timestamp_seconds",
                     "When the host was sampled, in seconds since 1970"});
  text.add({}, Seconds(sample.read_at.time_since_epoch()).count());
}

void add_host_metrics(const HostSample& sample, MetricsText& text) {
  add_sample_time(sample, text);
  add_families(
      host_fields(), [&](const HostField<HostSample>& field) { text.add({}, field.value(sample)); },
      text);
  add_cores(sample, text);
  if (sample.file_systems) {
    add_file_systems(*sample.file_systems, text);
  }
  if (sample.facts) {
    add_counters(*sample.facts, text);
  }
  if (sample.gpus) {
    add_gpus(*sample.gpus, text);
  }
}

std::string host_metrics_text(const HostSample& sample, std::string_view host,
                              MetricsFormat format) {
  MetricsText text(format, host);
  add_host_metrics(sample, text);
  return text.take();
}

}  // namespace wemol
