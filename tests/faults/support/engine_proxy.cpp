#include "engine_proxy.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>

#include "unix_socket.h"

namespace wemol::faults {
namespace {

constexpr int kPollMilliseconds = 20;

}  // namespace

EngineProxy::EngineProxy(const std::filesystem::path& socket_path,
                         std::filesystem::path engine_socket)
    : engine_socket_(std::move(engine_socket)),
      listener_(listening_at(socket_path)),
      acceptor_([this] { accept_all(); }) {}

EngineProxy::~EngineProxy() {
  ending_ = true;
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  cut();
  for (Connection& connection : connections_) {
    connection.thread.join();
  }
}

void EngineProxy::cut() {
  const std::lock_guard lock(connections_lock_);
  for (Connection& connection : connections_) {
    shutdown(connection.client.get(), SHUT_RDWR);
    shutdown(connection.engine.get(), SHUT_RDWR);
  }
}

void EngineProxy::inject(std::string_view bytes) {
  std::list<Connection*> streams;
  {
    const std::lock_guard lock(connections_lock_);
    for (Connection& connection : connections_) {
      if (connection.is_event_stream && !connection.is_over) {
        streams.push_back(&connection);
      }
    }
  }
  for (Connection* const stream : streams) {
    const std::lock_guard lock(stream->to_client);
    (void)send_all(stream->client.get(), bytes);
  }
}

void EngineProxy::accept_all() {
  while (!ending_) {
    UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) {
      return;
    }
    if (refusing_) {
      continue;
    }
    const std::lock_guard lock(connections_lock_);
    Connection& connection = connections_.emplace_back();
    connection.client = std::move(client);
    connection.engine = connected_to(engine_socket_);
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

/// The descriptors stay until the end, so that nobody ever shuts down another one of that number.
void EngineProxy::serve(Connection& connection) {
  bool goes_on = static_cast<bool>(connection.engine);
  while (goes_on && !ending_) {
    const bool held = holding_all_ || (holding_events_ && connection.is_event_stream);
    std::array<pollfd, 2> sides{
        {{.fd = connection.client.get(), .events = POLLIN, .revents = 0},
         {.fd = held ? -1 : connection.engine.get(), .events = POLLIN, .revents = 0}}};
    if (poll(sides.data(), sides.size(), kPollMilliseconds) <= 0) {
      continue;
    }
    goes_on = (sides[0].revents == 0 || hand_on_request(connection)) &&
              (sides[1].revents == 0 || hand_on_answer(connection));
  }
  connection.is_over = true;
  shutdown(connection.client.get(), SHUT_RDWR);
  if (connection.engine) {
    shutdown(connection.engine.get(), SHUT_RDWR);
  }
}

bool EngineProxy::hand_on_request(Connection& connection) const {
  const std::string request = receive_some(connection.client.get());
  if (request.find("/events?") != std::string::npos) {
    connection.is_event_stream = true;
  }
  return !request.empty() && send_all(connection.engine.get(), request);
}

bool EngineProxy::hand_on_answer(Connection& connection) {
  const std::string answer = receive_some(connection.engine.get());
  const std::lock_guard lock(connection.to_client);
  return !answer.empty() && send_all(connection.client.get(), answer);
}

std::string http_chunk(std::string_view text) {
  std::array<char, 17> length{};
  std::snprintf(length.data(), length.size(), "%zx", text.size());
  return std::string(length.data()) + "\r\n" + std::string(text) + "\r\n";
}

}  // namespace wemol::faults
