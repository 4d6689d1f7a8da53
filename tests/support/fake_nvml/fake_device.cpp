#include "fake_device.h"

#include <algorithm>
#include <cstring>
#include <deque>

namespace fake_nvml {
namespace {
int init_count = 0;
}

Device* device_for(const std::string& prefix) {
  static std::deque<Device> devices;
  const auto found = std::ranges::find(devices, prefix, &Device::prefix);
  if (found == devices.end()) {
    devices.push_back({prefix});
    return &devices.back();
  }
  return &*found;
}

void opened() {
  ++init_count;
}

void closed() {
  --init_count;
}

int begin(const Scenario& scenario, const Device* device, const char* function) {
  const int code = enter(scenario, device != nullptr ? device->prefix : "", function);
  return code == kSuccess && init_count == 0 ? kUninitialized : code;
}

int put_text(const Device* device, const char* function, const char* key, char* out,
             unsigned size) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, function)) {
    return code;
  }
  const auto text = scenario.text(device->prefix + key);
  if (!text) {
    return kNotSupported;
  }
  if (text->size() >= size) {
    return kInsufficientSize;
  }
  std::memcpy(out, text->c_str(), text->size() + 1);
  return kSuccess;
}

}  // namespace fake_nvml
