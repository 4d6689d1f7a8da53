#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <wemol/result.h>

namespace wemol {

/// The tasks of one round, as the recorder published them (snapshot_json.h).
struct PublishedTasks {
  std::string taken_at;  ///< ISO 8601
  std::string tasks;     ///< a JSON array, UTF-8
};

/// How many rounds this reader has missed.
struct LostRounds {
  std::uint64_t rounds = 0;
};

/// Reads one line of the recorder's socket. A line of another version, or that is none of these, is
/// an error that says so.
[[nodiscard]] Result<std::variant<PublishedTasks, LostRounds>> read_snapshot_line(
    std::string_view line);

}  // namespace wemol
