#pragma once

#include <string>
#include <vector>

#include "options.h"

namespace wemol {

/// What reading the settings again while the recorder runs comes to.
struct Reload {
  Options options;                         ///< that hold from now on
  std::vector<std::string> changed;        ///< one text for each: "interval is now 5, was 10"
  std::vector<std::string> needs_restart;  ///< the same for those that cannot change now
};

/// `read` is what was read just now, `current` what holds.
[[nodiscard]] Reload reload(const Options& current, const Options& read);

}  // namespace wemol
