#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "files.h"

namespace wemol::queue {

/// Lines that are added one by one, each durable, and replaced as a whole now and then.
class StateJournal {
 public:
  explicit StateJournal(std::filesystem::path path) : path_(std::move(path)) {}

  /// Calls `line` with each whole line. Half a line at the end, of a save that never returned, is
  /// taken off the file. A missing file has no lines.
  [[nodiscard]] Result<void> open(const std::function<void(std::string_view line)>& line);

  /// Adds a line, which has no end yet. After an error the file is as before.
  [[nodiscard]] Result<void> append(std::string line);

  /// Whether the file has grown to several times of what replace() wrote, or was deleted.
  [[nodiscard]] bool has_to_be_replaced() const;
  /// The lines have their ends.
  [[nodiscard]] Result<void> replace(std::span<const std::string_view> lines);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  [[nodiscard]] Result<void> open_for_append();

  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t length_bytes_ = 0;
  std::uint64_t replaced_bytes_ = 0;
};

}  // namespace wemol::queue
