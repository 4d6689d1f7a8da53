#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "files.h"

namespace wemol::reading {

/// Reads a file line by line in blocks of a fixed size: its memory does not depend on the file.
class LineReader {
 public:
  /// A line must be shorter, else it is skipped as too long.
  static constexpr std::size_t kBlockSize = std::size_t{1} << 20;

  LineReader() : block_(kBlockSize) {}

  /// Whatever lies there, opening never waits for it. The error says what is wrong, without the
  /// path.
  [[nodiscard]] Result<void> open(const std::filesystem::path& file);

  enum class Outcome {
    line,
    half_line,  ///< the last one, without its end
    too_long,
    end
  };
  [[nodiscard]] Outcome next();

  /// Without its end; until the next call.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Of the last line, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }  ///< of the file, when it was opened
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  /// Why the file could not be read to its end; empty when it could.
  [[nodiscard]] const std::string& read_error() const { return read_error_; }

 private:
  [[nodiscard]] bool fill();
  void skip_line();

  UniqueFd fd_;
  std::vector<char> block_;
  std::string_view rest_;  ///< of what is in the block
  std::string_view text_;
  bool at_end_ = true;
  std::uint64_t number_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::string read_error_;
};

}  // namespace wemol::reading
