#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "recorded_tree.h"

namespace wemol::reading {

struct JsonLinesReading {
  std::uint64_t lines = 0;  ///< good ones
  /// The last line has no end and is no good line: its writer was cut off, or still writes.
  bool has_torn_end = false;
  ReadingReport report;  ///< bad lines, bytes
};

/// Hands each line that is not blank to `take`, in the file's order, which says what is wrong with
/// it: an empty text, nothing. Memory does not depend on the file. Fails when the file cannot be
/// opened; the code is the errno.
[[nodiscard]] Result<JsonLinesReading> read_json_lines(
    const std::filesystem::path& file, const std::function<std::string(std::string_view)>& take,
    const Progress& progress);

}  // namespace wemol::reading
