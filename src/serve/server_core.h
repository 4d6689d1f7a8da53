#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "access_control.h"
#include "connection_count.h"
#include "router.h"
#include "server_settings.h"

namespace wemol::serve {

/// TCP and Unix sockets alike.
using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                          boost::asio::io_context::executor_type>;

/// A client that is connected, as the server sees it.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Ends it when what is under way is done.
  virtual void stop() = 0;
  /// Ends it now.
  virtual void drop() = 0;
  /// Called now and then.
  virtual void look(SteadyTime /*now*/) {}
};

/// What all connections of a server share.
struct ServerCore {
  ServerCore(boost::asio::io_context& io, ServerSettings with, Router routes)
      : context(io),
        settings(std::move(with)),
        router(std::move(routes)),
        access(settings.access),
        count(settings.connections) {}

  boost::asio::io_context& context;
  ServerSettings settings;
  Router router;
  AccessControl access;
  ConnectionCount count;
  std::set<Connection*> connections;
  bool is_stopping = false;
};

/// The place of one connection among those that are counted.
class Place {
 public:
  Place(std::shared_ptr<ServerCore> core, std::string client)
      : core_(std::move(core)), client_(std::move(client)) {}
  Place(Place&&) noexcept = default;
  Place& operator=(Place&&) = delete;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (core_) {
      core_->count.leave(client_);
    }
  }

 private:
  std::shared_ptr<ServerCore> core_;
  std::string client_;
};

}  // namespace wemol::serve
