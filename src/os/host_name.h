#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace wemol {

/// This host's name as the kernel has it, up to 255 bytes.
[[nodiscard]] inline std::string host_name() {
  std::array<char, 256> name{};
  (void)!gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace wemol
