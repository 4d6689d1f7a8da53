#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "daily_settings.h"

namespace wemol::report::daily {

struct ReadSettings {
  DailySettings settings;
  std::vector<std::string> warnings;  ///< keys that nobody knows, a token that goes in the clear
};

/// The TOML of docs/daily.md. Paths in it count from `folder`. The error names the key.
[[nodiscard]] Result<ReadSettings> parse_settings(std::string_view text,
                                                  const std::filesystem::path& folder);
[[nodiscard]] Result<ReadSettings> read_settings(const std::filesystem::path& file);

}  // namespace wemol::report::daily
