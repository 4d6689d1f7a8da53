#pragma once

#include <atomic>
#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "files.h"

namespace wemol::faults {

/// A socket between a recorder and its engine, which hands on what either says, until it is told to
/// misbehave. On threads of its own.
class EngineProxy {
 public:
  EngineProxy(const std::filesystem::path& socket_path, std::filesystem::path engine_socket);
  EngineProxy(const EngineProxy&) = delete;
  EngineProxy& operator=(const EngineProxy&) = delete;
  ~EngineProxy();

  /// Streams of events stand still while this is on, and lose nothing. With `all` no answer to
  /// anything comes through.
  void hold_events(bool on) { holding_events_ = on; }
  void hold_all(bool on) { holding_all_ = on; }
  /// Closes new connections at once while this is on.
  void refuse(bool on) { refusing_ = on; }
  /// Closes all connections.
  void cut();
  /// Puts bytes into each open stream of events, between what the engine says. Returns when the
  /// recorder has taken them or closed the connection.
  void inject(std::string_view bytes);

 private:
  struct Connection {
    UniqueFd client;
    UniqueFd engine;
    std::mutex to_client;
    std::atomic<bool> is_event_stream = false;
    std::atomic<bool> is_over = false;
    std::thread thread;
  };

  void accept_all();
  void serve(Connection& connection);
  /// False when either side has closed.
  bool hand_on_request(Connection& connection) const;
  static bool hand_on_answer(Connection& connection);

  std::filesystem::path engine_socket_;
  UniqueFd listener_;
  std::atomic<bool> holding_events_ = false;
  std::atomic<bool> holding_all_ = false;
  std::atomic<bool> refusing_ = false;
  std::atomic<bool> ending_ = false;
  std::mutex connections_lock_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

/// One chunk of an HTTP stream.
[[nodiscard]] std::string http_chunk(std::string_view text);

}  // namespace wemol::faults
