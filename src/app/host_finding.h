#pragma once

#include <string>
#include <vector>

namespace wemol {

/// One thing that the host must provide.
struct HostFinding {
  bool good = false;
  std::string text;  ///< what was found and, when it is not good, what to do about it
};

using HostFindings = std::vector<HostFinding>;

}  // namespace wemol
