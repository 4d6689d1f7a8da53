#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

namespace wemol::docker {

/// The arguments of the call whose output parse_stats reads: one for all containers. (A call that
/// names containers fails whole when one of them is gone.)
[[nodiscard]] std::vector<std::string> stats_arguments();

struct StatsRow {
  std::string short_id;  ///< 12 hexadecimal digits
  /// Absent when the engine could not measure the container: "--" in the columns, or all zeros. A
  /// running container never has everything at zero, its memory limit least of all.
  std::optional<ContainerStats> stats;
};

struct StatsOutput {
  std::vector<StatsRow> rows;
  std::vector<std::string> messages;  ///< lines that are no row
};

/// Reads one line per container, fields separated by tabs: container, id, CPU, memory, memory
/// percent, network, block I/O, pids.
[[nodiscard]] StatsOutput parse_stats(std::string_view text);

}  // namespace wemol::docker
