#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// The disk of the unit tests: csv_sync_test.cpp puts fsync, fdatasync and sync_file_range of its
/// own before those of the C library, and here is what they note and obey.
namespace wemol::test {

inline std::vector<std::filesystem::path> synced;
inline int sync_refusal = 0;  ///< an errno
inline std::function<void(const std::filesystem::path&)> on_sync = [](const auto&) {};
/// Of which the kernel is asked to begin to write it, as "<begin>+<length>".
inline std::vector<std::string> started_ranges;

inline void forget_syncs() {
  synced.clear();
  started_ranges.clear();
  sync_refusal = 0;
  on_sync = [](const auto&) {};
}

}  // namespace wemol::test
