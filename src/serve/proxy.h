#pragma once

#include <string>

#include "http_message.h"
#include "network.h"

namespace wemol::serve {

/// What may stand in front of the server.
struct ProxyRules {
  /// Whose X-Forwarded-For, -Proto and -Host are believed; those of others are not looked at.
  Networks proxies;
  /// Under which path the server is seen, "/gpu"; empty: "/". Requests may come with it or, where
  /// the proxy takes it away, without.
  std::string base_path;
};

/// Fills in who asks (Request::client), by which name and whether by TLS; takes the base path away.
void apply_proxy(const ProxyRules& rules, Request& request);

}  // namespace wemol::serve
