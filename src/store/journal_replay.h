#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <wemol/result.h>

namespace wemol {

/// What came of the rows in a journal.
struct ReplayReport {
  std::size_t rows = 0;          ///< all of them that the CSVs may have lacked
  std::size_t rows_written = 0;  ///< that a CSV lacked, whole or in part
  std::size_t files_written = 0;
  std::size_t rows_left_out = 0;  ///< whose CSV is another one now
  std::string first_left_out;     ///< the CSV with the reason
};

/// Gives the CSVs the rows that an earlier recorder's journal has and they lack, as a power cut
/// leaves them, waits until the disk has them all, and removes the journal. Without a journal there
/// is nothing to do.
///
/// A row has its place in its CSV, and what is there decides:
/// - the row: nothing is done;
/// - the file's end, or a part of the row up to it, or zeros instead of bytes of the row (the file
///   system knew the length, and its data never came): the row is completed;
/// - anything else, or the end comes before: somebody has changed the file since, or has removed
///   it. It is left alone, and the row is counted as left out.
/// Only rows that continue each other up to the last one count: before that the file was another.
///
/// An error leaves the journal where it is: it cannot be read or is not this user's, another
/// recorder uses it, a CSV cannot be written. Doing it again does no harm.
[[nodiscard]] Result<ReplayReport> replay_journal(const std::filesystem::path& output_dir);

/// What there is to say.
void log_replay(const ReplayReport& report);
void replay_journal_and_log(const std::filesystem::path& output_dir);

}  // namespace wemol
