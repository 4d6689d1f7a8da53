#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <wemol/facts.h>
#include <wemol/result.h>

#include "row_files.h"

namespace wemol {

struct OpenTaskRun {
  OpenRun run;
  std::string module_name;
};

/// What the next recorder has to know of this one: the runs that go on, and up to when the ends of
/// all others have been written down.
struct OpenRuns {
  std::vector<OpenTaskRun> runs;
  std::chrono::system_clock::time_point ends_stated_until;
};

/// The file in the output folder in which it stands, one JSON object. It is replaced as a whole, so
/// that a crash leaves the old one or the new one; so does a power cut with `SyncLevel::finished`.
class OpenRunsFile {
 public:
  explicit OpenRunsFile(const std::filesystem::path& output_dir,
                        SyncLevel sync = SyncLevel::started);

  /// Nothing in it (no runs, the time now) when there is no such file; an error when it cannot be
  /// read.
  [[nodiscard]] Result<OpenRuns> read() const;
  [[nodiscard]] Result<void> write(const OpenRuns& open) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  SyncLevel sync_;
};

}  // namespace wemol
