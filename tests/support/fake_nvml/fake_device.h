#pragma once

#include <string>

#include "scenario.h"

namespace fake_nvml {

inline constexpr int kSuccess = 0;
inline constexpr int kUninitialized = 1;
inline constexpr int kInvalidArgument = 2;
inline constexpr int kNotSupported = 3;
inline constexpr int kNotFound = 6;
inline constexpr int kInsufficientSize = 7;
inline constexpr int kVersionMismatch = 25;

/// What the handles point to. They stay valid as long as the library is loaded.
struct Device {
  std::string prefix;  ///< of its keys in the scenario: "0.", or "0.1." for a MIG instance
};

[[nodiscard]] Device* device_for(const std::string& prefix);

/// Counts nvmlInit and nvmlShutdown.
void opened();
void closed();

/// What every function does first: what the scenario says about it, and whether the library is
/// open.
[[nodiscard]] int begin(const Scenario& scenario, const Device* device, const char* function);

[[nodiscard]] int put_text(const Device* device, const char* function, const char* key, char* out,
                           unsigned size);

template <typename... Numbers>
[[nodiscard]] int put_numbers(const Device* device, const char* function, const char* key,
                              Numbers*... out) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, function)) {
    return code;
  }
  const auto numbers = scenario.numbers(device->prefix + key);
  if (numbers.size() != sizeof...(out)) {
    return kNotSupported;
  }
  std::size_t i = 0;
  ((*out = static_cast<Numbers>(numbers[i++])), ...);
  return kSuccess;
}

}  // namespace fake_nvml
