#pragma once

#include <chrono>
#include <filesystem>

namespace wemol {

/// Where and how device history is kept.
struct DeviceHistorySettings {
  std::filesystem::path folder;  ///< in which `devices` is made; empty: none is kept
  std::chrono::seconds interval{60};
  unsigned compress_after_days = 7;  ///< 0: never
  unsigned keep_days = 400;          ///< 0: for ever
};

}  // namespace wemol
