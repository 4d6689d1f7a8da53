#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "access_control.h"
#include "client_stream.h"
#include "connection_count.h"
#include "outgoing.h"
#include "router.h"
#include "server_settings.h"

namespace wemol::serve {

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
  /// Ends it now and gives its place away, for another one that waits.
  virtual void make_room() { drop(); }
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
        count(settings.connections),
        outgoing(settings.outgoing_bytes) {}

  boost::asio::io_context& context;
  ServerSettings settings;
  Router router;
  AccessControl access;
  ConnectionCount count;
  Outgoing outgoing;
  TlsContext tls;  ///< of the connections to come; null: none
  std::set<Connection*> connections;
  /// Those that have not asked for anything yet, or not again; who waits longest is in front.
  std::list<Connection*> waiting;
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
  ~Place() { give_back(); }

  void give_back() {
    if (core_) {
      core_->count.leave(client_);
      core_.reset();
    }
  }

 private:
  std::shared_ptr<ServerCore> core_;
  std::string client_;
};

/// Among those that wait, for as long as this is set.
class Waiting {
 public:
  Waiting(std::list<Connection*>& list, Connection& connection) : list_(list), own_(connection) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { end(); }

  void begin() {
    if (!is_in_) {
      at_ = list_.insert(list_.end(), &own_);
      is_in_ = true;
    }
  }
  void end() {
    if (std::exchange(is_in_, false)) {
      list_.erase(at_);
    }
  }

 private:
  std::list<Connection*>& list_;
  Connection& own_;
  std::list<Connection*>::iterator at_;
  bool is_in_ = false;
};

}  // namespace wemol::serve
