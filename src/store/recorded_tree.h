#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

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

/// The CSVs of one task, by the number in their names: `<task>.csv`, `<task>-2.csv`, …, from all
/// folders. A task whose module's name was found late has them in two.
struct TaskCsvs {
  std::string task_id;
  std::vector<std::filesystem::path> files;
};

/// What lies in an output folder, and in the folders in it; nothing is opened. Files with names
/// that no recorder gives are left out.
struct RecordedTree {
  std::vector<std::filesystem::path> ledgers;
  std::vector<TaskCsvs> tasks;  ///< in the order of their ids
};

/// A recorded file's name, taken apart: "132178-2.csv" is the second of the stem "132178".
struct RecordedFileName {
  std::string_view stem;
  unsigned number = 1;
  bool is_ledger = false;
};

/// Nothing for a name that no recorder gives.
[[nodiscard]] std::optional<RecordedFileName> parse_file_name(std::string_view name);

/// The files in one folder that hold the rows of a task, or its ledgers, by their number. None when
/// the folder cannot be listed.
[[nodiscard]] std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder,
                                                          std::string_view stem);

/// Fails only when the root itself cannot be listed. A folder in it that cannot be listed is
/// handed to `note_trouble`.
[[nodiscard]] Result<RecordedTree> list_tree(
    const std::filesystem::path& root,
    const std::function<void(const std::filesystem::path&, std::string)>& note_trouble);

}  // namespace wemol::reading
