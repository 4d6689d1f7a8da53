#pragma once

#include <string>
#include <vector>

#include "command_runner.h"
#include "files.h"
#include "options.h"

namespace wemol {

/// One thing that the host must provide.
struct HostFinding {
  bool good = false;
  std::string text;  ///< what was found and, when it is not good, what to do about it
};

/// Looks at everything that a recorder with these options needs from the host, and changes nothing.
[[nodiscard]] std::vector<HostFinding> check_host(const Options& options, CommandRunner& runner,
                                                  const FileReader& files);

}  // namespace wemol
