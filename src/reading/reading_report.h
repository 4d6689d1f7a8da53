#pragma once

#include <filesystem>
#include <string>

#include "recorded_runs.h"

namespace wemol::reading {

/// Counts a line that could not be used, and names it while few are named.
void note_bad_line(ReadingReport& report, const std::filesystem::path& file, std::uint64_t line,
                   std::string reason);

/// Counts a file that could not be used.
void note_bad_file(ReadingReport& report, const std::filesystem::path& file, std::string reason);

/// Counts rows that another file has too.
void note_repeat(ReadingReport& report, const Repeat& repeat);

/// Adds what another thread has read. The lines named are the first ones in the order of the files,
/// and so are the repetitions.
void add_report(ReadingReport& sum, ReadingReport&& part);

}  // namespace wemol::reading
