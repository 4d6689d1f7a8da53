#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ledger_schema.h"

namespace wemol::test {

/// What is to be recorded by nobody.
struct KnownTreePlan {
  unsigned tasks = 40;
  unsigned rows = 60;    ///< of a task, about: from a half to one and a half of it; 8 at least
  unsigned modules = 5;  ///< folders
  std::uint64_t seed = 1;
};

/// One run of the tree, and what its files must be found to say.
struct KnownRun {
  std::string folder;  ///< the module's
  RunSummary ledger;   ///< as its row in the ledger has it
  RunSummary samples;  ///< as its rows in the task's CSV add up
};

/// Writes the CSVs of made-up tasks, and the ledgers: CPU-only tasks and some with one and two GPUs
/// of several models, failed and OOM-killed ones, restarted ones with two runs, rows without GPU
/// readings. The same plan makes the same tree, apart from the local time zone.
///
/// The figures are those of the numbers in the cells, rounded as docker rounds them. All rows of a
/// run are as far apart, so that each mean is the plain one. Throws when a file cannot be written.
[[nodiscard]] std::vector<KnownRun> write_known_tree(const KnownTreePlan& plan,
                                                     const std::filesystem::path& root);

/// The smallest of the values with at least `percent` of them at or below it.
[[nodiscard]] double nearest_rank(std::vector<double> values, double percent);

}  // namespace wemol::test
