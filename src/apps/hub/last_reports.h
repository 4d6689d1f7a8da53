#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "host_table.h"

namespace wemol::hub {

/// The newest report of each host as lines of JSON, so that after a restart of the hub hosts that
/// are gone still are on the page. The reports' texts are those of the table, which with 1,000
/// hosts are most of what the hub has in memory: they are shared, and go to the disk as they are.
class LastReports {
 public:
  explicit LastReports(const HostTable& table);

  /// The lines one after the other; good while this lives.
  [[nodiscard]] std::vector<std::string_view> parts() const;

 private:
  struct Line {
    std::string head;
    std::shared_ptr<const Report> report;
  };
  std::vector<Line> lines_;
};

/// Puts them into a table that is empty, as old as they are. Lines that are no good are left out.
/// Returns how many hosts there were.
std::size_t restore_reports(std::string_view text, Moment now, HostTable& table);

}  // namespace wemol::hub
