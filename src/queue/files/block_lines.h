#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command_file.h"

namespace wemol::queue {

/// A line of a block, without blanks at its ends. One that goes on behind a backslash is one line.
struct BlockLine {
  std::string text;
  std::size_t number = 0;  ///< of its first line in the file
};

/// What stands between blank lines, without comments.
struct LineBlock {
  std::vector<BlockLine> lines;  ///< at least one
  std::size_t first_line = 0;
  std::size_t last_line = 0;
  std::optional<BlockError> error;  ///< its text is none
};

[[nodiscard]] std::vector<LineBlock> split_into_blocks(std::string_view text);

}  // namespace wemol::queue
