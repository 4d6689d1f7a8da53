#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "files.h"

namespace wemol::queue {

/// The output of a try. Whatever becomes of the file, the output is taken: a full disk stops no
/// job.
class TryLog {
 public:
  /// How much of the end is known, and is in the file however long the output was.
  static constexpr std::size_t kTailBytes = std::size_t{64} << 10;

  /// Sets the log of the try before aside: "17.log" of try 1 becomes "17.1.log".
  TryLog(const std::filesystem::path& path, unsigned try_number, std::uint64_t max_bytes);

  void write(std::string_view output);
  /// A line of ours between those of the job.
  void note(std::string_view text);
  /// Writes what was left out of a long output, its end at least.
  void finish();

  /// The end of the output, kTailBytes at most, without notes.
  [[nodiscard]] std::string tail() const;
  /// Why output is missing in the file; empty when none is.
  [[nodiscard]] std::string what_is_missing() const;

 private:
  void append(std::string_view bytes);
  void remember(std::string_view output);

  UniqueFd fd_;
  std::uint64_t max_bytes_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t left_out_bytes_ = 0;  ///< behind max_bytes_
  std::uint64_t lost_bytes_ = 0;
  int error_ = 0;  ///< the errno of the last loss
  bool at_line_begin_ = true;
  std::string tail_;  ///< a ring once it is full
  std::size_t tail_next_ = 0;
};

}  // namespace wemol::queue
