#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

namespace wemol::docker {

/// The arguments of the call whose output parse_ps reads.
[[nodiscard]] std::vector<std::string> ps_arguments();

struct ListedContainer {
  std::string id;
  std::string name;
  /// False while the engine restarts it: it has no process then.
  bool has_processes = true;
};

struct PsOutput {
  std::vector<ListedContainer> containers;
  std::vector<std::string> messages;  ///< lines that are no container, and half a line
};

/// Reads one line per container: id, names, state, separated by tabs. With links a container has
/// several names, joined by commas; its own is the one without a slash.
[[nodiscard]] PsOutput parse_ps(std::string_view text);

}  // namespace wemol::docker
