#pragma once

#include <string>

#include <wemol/result.h>

#include "files.h"
#include "listen_address.h"

namespace wemol::serve {

/// Opens the address for connections; the port that the system has chosen is put into it. [::]
/// serves IPv4 too. The error says what to do about a port that is taken or not allowed.
[[nodiscard]] Result<UniqueFd> listen_at(ListenAddress& address);

/// The header Server of what answers there, "wemol-agent/0.1.0", within two seconds. Empty: nothing
/// that speaks HTTP does.
[[nodiscard]] std::string server_name_at(const ListenAddress& address);

struct Accepted {
  UniqueFd fd;
  std::string peer;       ///< "192.0.2.7", "2001:db8::7", "unix"
  bool is_local = false;  ///< from this host
  int error = 0;          ///< errno without a connection; EAGAIN: no further one waits
};

[[nodiscard]] Accepted accept_one(int listener);

/// What connections of one client are counted by: its address, of IPv6 the network of 64 bits.
[[nodiscard]] std::string client_key(const std::string& peer);

}  // namespace wemol::serve
