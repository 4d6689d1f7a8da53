#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "queue_settings.h"

namespace wemol::queue {

struct ConfigReading {
  QueueSettings settings;
  std::vector<std::string> warnings;  ///< one for each unknown key, with file and line
};

enum class MissingConfig {
  is_an_error,  ///< somebody has named the file
  is_defaults   ///< it is looked for at its usual place only
};

/// The settings in config.yaml. The error names the file and the line of each wrong value; its code
/// is the errno when the file cannot be read. Its size is bounded by 1 MiB.
[[nodiscard]] Result<ConfigReading> read_config(const std::filesystem::path& path,
                                                MissingConfig missing = MissingConfig::is_an_error);

/// The same of a text; `path` is where it stands, for messages and for the default work_dir.
/// Does not look whether the work_dir is there.
[[nodiscard]] Result<ConfigReading> parse_config(std::string_view text,
                                                 const std::filesystem::path& path);

/// The settings of an empty file at `path`.
[[nodiscard]] QueueSettings default_settings(const std::filesystem::path& path);

}  // namespace wemol::queue
