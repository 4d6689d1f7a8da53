#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

namespace wemol::faults {

/// What lies below an output folder, every CSV read strictly.
struct Recording {
  std::size_t files = 0;
  std::size_t rows = 0;
  std::size_t torn_rows = 0;  ///< lines that are no whole row of 22 fields
  bool in_order = true;       ///< no row of a file is older than the one before it
  std::string first_problem;  ///< file and line of the first row that is torn or too old
};

[[nodiscard]] Recording read_recording(const std::filesystem::path& output_dir);
/// The same of one CSV, which need not be there.
[[nodiscard]] Recording read_recording_of(const std::filesystem::path& csv);

/// How punctual the rounds were, by the recorder's own log.
struct Punctuality {
  std::size_t rounds = 0;
  std::size_t rows = 0;     ///< by its own count
  std::size_t late = 0;     ///< begun more than `tolerance` after their time; needs DEBUG
  std::size_t skipped = 0;  ///< ticks that an earlier round ran over

  [[nodiscard]] std::size_t late_or_skipped() const { return late + skipped; }
};

/// So many rounds may be late on a machine that has much else to do. Rounds that a fault holds up
/// are more.
inline constexpr std::size_t kHeldUpByTheMachine = 1;

[[nodiscard]] Punctuality read_punctuality(const std::string& log,
                                           std::chrono::milliseconds tolerance);

}  // namespace wemol::faults
