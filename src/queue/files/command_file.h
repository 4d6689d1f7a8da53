#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "job.h"

namespace wemol::queue {

/// A block that was understood. Lines count from 1.
struct CommandBlock {
  JobSpec spec;
  std::size_t first_line = 0;
  std::size_t last_line = 0;
  std::string form;  ///< "standard", "queue first", "queue first with GPU count", "older"
};

/// A block that was refused.
struct BlockError {
  std::size_t first_line = 0;
  std::size_t last_line = 0;
  std::size_t line = 0;  ///< the one at fault
  std::string reason;    ///< one English sentence without the place
};

struct CommandFileReading {
  std::vector<CommandBlock> blocks;  ///< in file order
  std::vector<BlockError> errors;    ///< in file order
};

inline constexpr std::uint64_t kDefaultMemoryBytes = std::uint64_t{20} << 30U;

/// A whole command file, in one of the four forms for each block (docs/queue-files.md).
[[nodiscard]] CommandFileReading parse_command_file(std::string_view text);

/// The same of a file of 64 MiB at most. The error's code is the errno.
[[nodiscard]] Result<CommandFileReading> read_command_file(const std::filesystem::path& path);

/// For people: what was understood and what was refused, with "path:line". Lines with their ends.
[[nodiscard]] std::string describe(const CommandFileReading& reading,
                                   const std::filesystem::path& path);

/// "command.txt:7: …", for the log.
[[nodiscard]] std::string describe(const BlockError& error, const std::filesystem::path& path);

/// Whether `text` may name a queue: one word of 64 bytes at most, without characters that mean
/// something to a shell or to the file.
[[nodiscard]] bool is_queue_word(std::string_view text);

}  // namespace wemol::queue
