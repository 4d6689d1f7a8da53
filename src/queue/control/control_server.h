#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <wemol/result.h>

#include "control_connection.h"
#include "event_loop.h"
#include "files.h"
#include "request.h"
#include "socket_folder.h"

namespace wemol::queue {

/// Takes the requests of other wemol-queue commands on "<state>/control.sock", mode 0600. Nothing
/// here waits for a client, and what clients can take of the memory is bounded.
class ControlServer {
 public:
  static constexpr std::size_t kMostConnections = 64;

  using ConnectionId = std::uint64_t;
  using Handler = std::function<void(const Request& request, ConnectionId from)>;

  /// Takes the place of a socket that a scheduler before has left.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> open(
      EventLoop& loop, const std::filesystem::path& state_dir, Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Without its end; once for each request, now or later. Nothing happens when the client is gone.
  void answer(ConnectionId to, std::string line);
  [[nodiscard]] bool is_there(ConnectionId connection) const {
    return connections_.contains(connection);
  }
  [[nodiscard]] bool is_idle() const { return connections_.empty(); }

 private:
  ControlServer(EventLoop& loop, SocketFolder folder, UniqueFd listener, Handler handler);

  void accept_one();
  void on_line(ConnectionId from, std::string_view line);

  EventLoop& loop_;
  SocketFolder folder_;
  UniqueFd listener_;
  Handler handler_;
  EventSource watch_;
  std::map<ConnectionId, std::unique_ptr<ControlConnection>> connections_;
  ConnectionId last_id_ = 0;
};

}  // namespace wemol::queue
