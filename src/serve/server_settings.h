#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "access_control.h"
#include "connection_count.h"
#include "proxy.h"
#include "reader_watch.h"

namespace wemol::serve {

struct ServerSettings {
  std::string name = "wemol";  ///< for the header Server
  AccessRules access;
  ProxyRules proxy;
  /// On every answer, beside those that it has itself.
  Headers headers;
  ConnectionLimits connections;
  std::size_t header_bytes = std::size_t{16} << 10;
  std::size_t body_bytes = std::size_t{64} << 10;
  std::chrono::milliseconds header_timeout{10000};  ///< from the first byte to the last
  std::chrono::milliseconds body_timeout{30000};
  std::chrono::milliseconds idle_timeout{60000};  ///< between two requests
  std::chrono::milliseconds write_timeout{30000};
  /// What is read of a request that is refused half-way, so that its sender sees the answer.
  std::size_t drained_bytes = std::size_t{1} << 20;
  std::chrono::milliseconds drain_timeout{2000};
  /// What a WebSocket client may send in one message; its content is not looked at.
  std::size_t websocket_message_bytes = 4096;
  /// The same where a dialog listens.
  std::size_t dialog_message_bytes = std::size_t{1} << 20;
  /// What may be on its way to all clients together, each text counted once.
  std::size_t outgoing_bytes = std::size_t{64} << 20;
  /// What may wait for a client that is slower than a dialog.
  std::size_t dialog_waiting_bytes = std::size_t{4} << 20;
  ReaderWatch::Rules websocket;
  std::chrono::milliseconds websocket_look_every{1000};
  /// For what is under way when the server stops.
  std::chrono::milliseconds stop_timeout{2000};
};

}  // namespace wemol::serve
