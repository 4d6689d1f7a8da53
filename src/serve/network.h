#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

namespace wemol::serve {

/// An address, or all that begin with the same bits. IPv4 lies within IPv6, as ::ffff:a.b.c.d.
class Network {
 public:
  /// "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "unix" (who comes by a Unix socket).
  [[nodiscard]] static Result<Network> parse(std::string_view text);

  /// False for what is no address.
  [[nodiscard]] bool contains(const std::string& address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;
  Bytes bytes_{};
  unsigned bits_ = 0;
  bool is_unix_ = false;
};

using Networks = std::vector<Network>;

/// Several, with commas between them; none in an empty text.
[[nodiscard]] Result<Networks> parse_networks(std::string_view text);
[[nodiscard]] bool contains(const Networks& networks, const std::string& address);

}  // namespace wemol::serve
