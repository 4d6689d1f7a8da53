#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "clock.h"
#include "host_table.h"
#include "last_reports.h"
#include "workers.h"

namespace wemol::hub {

/// Where the newest reports are kept over a restart.
class LastReportsFile {
 public:
  LastReportsFile(std::filesystem::path path, HostTable& table)
      : path_(std::move(path)), table_(table) {}

  /// Into the table, which is empty yet. Without the file there is nothing.
  void restore(Moment now);
  /// Now, in this thread.
  void save() const;
  /// By a worker, if anything is new since the last time.
  void save_by_and_by(Workers& workers);

 private:
  [[nodiscard]] bool write(const SharedText& reports) const;

  std::filesystem::path path_;
  HostTable& table_;
  std::uint64_t saved_revision_ = 0;
};

}  // namespace wemol::hub
