#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>

#include "host_schema.h"

namespace wemol {
namespace {

using Take = std::function<void(std::string_view name, double value)>;

constexpr std::string_view kNumber = "{}";

/// `number` in place of the {}.
void write_name(std::string_view flat_key, unsigned number, std::string& name) {
  const std::size_t at = flat_key.find(kNumber);
  name.assign(flat_key.substr(0, at));
  if (at != std::string_view::npos) {
    name += std::to_string(number);
    name += flat_key.substr(at + kNumber.size());
  }
}

template <typename Record>
void take_all(std::span<const HostField<Record>> fields, const Record& record, unsigned number,
              const Take& take, std::string& name) {
  for (const HostField<Record>& field : fields) {
    if (field.flat_key.empty()) {
      continue;
    }
    if (const auto value = number_of(field.value(record))) {
      write_name(field.flat_key, number, name);
      take(name, *value);
    }
  }
}

const GpuDevice* find_gpu(const HostSample& sample, std::string_view uuid) {
  if (!sample.gpus) {
    return nullptr;
  }
  const auto found = std::ranges::find(*sample.gpus, uuid, &GpuDevice::uuid);
  return found == sample.gpus->end() ? nullptr : &*found;
}

bool is_name_of(std::string_view name, std::string_view flat_key) {
  const std::size_t at = flat_key.find(kNumber);
  if (at == std::string_view::npos) {
    return !flat_key.empty() && name == flat_key;
  }
  const std::string_view behind = flat_key.substr(at + kNumber.size());
  if (name.size() <= at + behind.size() || !name.starts_with(flat_key.substr(0, at)) ||
      !name.ends_with(behind)) {
    return false;
  }
  const std::string_view number = name.substr(at, name.size() - at - behind.size());
  return std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

template <typename Record>
const HostKey* find_in(std::span<const HostField<Record>> fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [&](const HostField<Record>& field) { return is_name_of(name, field.flat_key); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

const HostKey* find_flat_key(std::string_view name) {
  for (const HostKey* const found :
       {find_in(host_fields(), name), find_in(core_fields(), name), find_in(gpu_fields(), name),
        find_in(tree_fields(), name), find_in(tree_gpu_fields(), name)}) {
    if (found != nullptr) {
      return found;
    }
  }
  return nullptr;
}

std::optional<double> number_of(const FieldValue& value) {
  return std::visit(
      [](const auto& it) -> std::optional<double> {
        using Value = std::decay_t<decltype(it)>;
        if constexpr (std::is_same_v<Value, bool> || !std::is_arithmetic_v<Value>) {
          return std::nullopt;
        } else {
          return static_cast<double>(it);
        }
      },
      value);
}

void for_each_figure(const HostSample& sample, const Take& take) {
  std::string name;
  take_all(host_fields(), sample, 0, take, name);
  for (const CoreSample& core : sample.cores) {
    take_all(core_fields(), core, core.id, take, name);
  }
  if (sample.gpus) {
    for (const GpuDevice& device : *sample.gpus) {
      take_all(gpu_fields(), device, device.index, take, name);
    }
  }
}

void for_each_figure(const HostSample& sample, const ProcessTreeSample& tree, const Take& take) {
  std::string name;
  take_all(tree_fields(), tree, 0, take, name);
  if (!tree.gpus) {
    return;
  }
  for (const ProcessTreeSample::OnGpu& use : *tree.gpus) {
    // Without the device's index there is no name for it.
    if (const GpuDevice* const device = find_gpu(sample, use.uuid)) {
      take_all(tree_gpu_fields(), TreeOnGpu{use, device}, device->index, take, name);
    }
  }
}

}  // namespace wemol
