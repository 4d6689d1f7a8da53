#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "command_line.h"
#include "device_settings.h"
#include "text.h"

namespace wemol {

/// The options of programs that keep device history. `meaning` says what --device-history is for.
inline void add_device_history(OptionTable& table, const std::string& meaning,
                               DeviceHistorySettings& settings) {
  table.add("device-history", "DIR", "", meaning, "a folder", [&settings](const std::string& text) {
    settings.folder = text;
    return true;
  });
  table.add("device-interval", "SECONDS", "60",
            "What a row of device history is a mean of, 1 to 600", "whole seconds from 1 to 600",
            storing(
                [](const std::string& text) -> std::optional<std::chrono::seconds> {
                  const auto seconds = parse_number<unsigned>(text);
                  return seconds && *seconds >= 1 && *seconds <= 600
                             ? std::optional(std::chrono::seconds(*seconds))
                             : std::nullopt;
                },
                settings.interval));
  const auto days = [](const std::string& text) -> std::optional<unsigned> {
    constexpr unsigned kMost = 36'500;
    const auto number = parse_number<unsigned>(text);
    return number && *number <= kMost ? number : std::nullopt;
  };
  table.add("device-compress-after", "DAYS", "7",
            "Compress days of device history that are older; 0: never", "whole days, 36500 at most",
            storing(days, settings.compress_after_days));
  table.add("device-keep", "DAYS", "400", "Remove days of device history that are older; 0: never",
            "whole days, 36500 at most", storing(days, settings.keep_days));
}

}  // namespace wemol
