#pragma once

#include <yaml-cpp/yaml.h>

#include <span>
#include <string>
#include <string_view>

#include "queue_settings.h"

namespace wemol::queue {

/// A key of config.yaml, dots between its levels.
struct ConfigKey {
  std::string_view name;
  /// Takes the value over, or says what it has to be: "a number of seconds above 0". Empty: taken.
  std::string (*set)(const YAML::Node& value, QueueSettings& settings);
};

[[nodiscard]] std::span<const ConfigKey> config_keys();
[[nodiscard]] const ConfigKey* find_config_key(std::string_view name);
/// Whether keys stand below `name`: "retry_config".
[[nodiscard]] bool is_config_section(std::string_view name);
/// The key that an unknown one was likely meant to be; empty when none is near.
[[nodiscard]] std::string_view nearest_config_key(std::string_view name);

}  // namespace wemol::queue
