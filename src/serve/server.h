#pragma once

#include <memory>

#include <wemol/result.h>

#include "listen_address.h"
#include "router.h"
#include "server_settings.h"
#include "tls_context.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::serve {

/// An HTTP/1.1 and WebSocket server in the thread that runs the io_context. One client cannot hold
/// up the others: all waiting has an end, all sizes have a limit (ServerSettings).
class Server {
 public:
  Server(boost::asio::io_context& context, ServerSettings settings, Router router);
  /// Drops what is still connected and removes a Unix socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// For the connections to come; those that are there keep what they have.
  void use_tls(TlsContext context);
  [[nodiscard]] Result<void> listen(ListenAddress address);
  /// With the port that the system has chosen.
  [[nodiscard]] const ListenAddress& address() const;
  [[nodiscard]] std::size_t connections() const;

  /// Takes no further connection, and ends those that are there: at once where nothing is under
  /// way, WebSockets with 1001, all within ServerSettings::stop_timeout. The io_context has nothing
  /// left to do for it then.
  void stop();

 private:
  class Listening;
  std::shared_ptr<Listening> listening_;
};

}  // namespace wemol::serve
