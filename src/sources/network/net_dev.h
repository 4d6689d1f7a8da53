#pragma once

#include <cstdint>
#include <string_view>

namespace wemol {

struct NetworkBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

/// The bytes of a container's interfaces, from the text of a /proc/<pid>/net/dev. Docker shows
/// those of the interfaces that it made, and calls them eth0, eth1 and so on. When there is none of
/// that name (other network drivers), all but the loopback count.
[[nodiscard]] NetworkBytes parse_net_dev(std::string_view text);

}  // namespace wemol
