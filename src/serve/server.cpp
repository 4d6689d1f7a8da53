#include "server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http_session.h"
#include "listener.h"
#include "server_core.h"
#include "unix_socket.h"

namespace wemol::serve {
namespace {

namespace asio = boost::asio;
using Failure = boost::system::error_code;
using Executor = asio::io_context::executor_type;

constexpr std::chrono::milliseconds kAfterNoDescriptor{200};
constexpr std::chrono::minutes kBetweenWarnings{10};

/// Said without waiting, to who is not taken on. What it has sent is taken first: a connection that
/// is closed over unread bytes is reset, and the answer with it.
void turn_away(int fd, Admission admission, bool expects_tls) {
  if (expects_tls) {  // it would not understand
    return;
  }
  const std::string_view status =
      admission == Admission::too_many ? "503 Service Unavailable" : "429 Too Many Requests";
  const std::string body = *error_response(0, "too many connections").body;
  const std::string text = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Retry-After: 10\r\nConnection: close\r\n\r\n{}",
      status, body.size(), body);
  std::array<char, 4096> request{};
  (void)!::recv(fd, request.data(), request.size(), MSG_DONTWAIT);
  (void)!::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

/// Outlives the server while its callbacks are on their way.
class Server::Listening : public std::enable_shared_from_this<Listening> {
 public:
  Listening(asio::io_context& context, ServerSettings settings, Router router)
      : core_(std::make_shared<ServerCore>(context, std::move(settings), std::move(router))),
        listener_(context),
        retry_(context),
        looks_(context),
        stop_(context) {}

  Result<void> listen(ListenAddress address) {
    auto fd = listen_at(address);
    if (!fd) {
      return tl::make_unexpected(std::move(fd.error()));
    }
    address_ = std::move(address);
    if (address_.is_unix()) {
      file_ = file_at(address_.path);
    }
    listener_.assign(fd->release());
    accept();
    look();
    return {};
  }

  void stop() {
    if (std::exchange(core_->is_stopping, true)) {
      return;
    }
    stop_listening();
    looks_.cancel();
    for (Connection* const connection : all_connections()) {
      connection->stop();
    }
    stop_.expires_after(core_->settings.stop_timeout);
    wait_for_last();
  }

  /// For the server's end: nothing of it may be called after that.
  void drop() {
    core_->is_stopping = true;
    stop_listening();
    looks_.cancel();
    stop_.cancel();
    for (Connection* const connection : all_connections()) {
      connection->drop();
    }
  }

  void use_tls(TlsContext context) { core_->tls = std::move(context); }

  [[nodiscard]] const ListenAddress& address() const { return address_; }
  [[nodiscard]] const ServerCore& core() const { return *core_; }

 private:
  /// A copy: they leave the list as they end.
  [[nodiscard]] std::vector<Connection*> all_connections() const {
    return {core_->connections.begin(), core_->connections.end()};
  }

  void stop_listening() {
    Failure ignored;
    listener_.close(ignored);
    retry_.cancel();
    if (file_ && file_at(address_.path) == file_) {
      unlink(address_.path.c_str());
    }
    file_.reset();
  }

  void accept() {
    listener_.async_wait(asio::posix::descriptor_base::wait_read,
                         [self = shared_from_this()](Failure error) {
                           if (!error && !self->core_->is_stopping) {
                             self->accept_waiting();
                           }
                         });
  }

  void accept_waiting() {
    // Between two of these those who are connected have their turn.
    constexpr int kAtOnce = 64;
    for (int i = 0; i < kAtOnce; ++i) {
      Accepted accepted = accept_one(listener_.native_handle());
      if (accepted.fd) {
        take(std::move(accepted));
      } else if (accepted.error == EMFILE || accepted.error == ENFILE ||
                 accepted.error == ENOBUFS || accepted.error == ENOMEM) {
        accept_later(accepted.error);
        return;
      } else if (accepted.error == EAGAIN) {
        break;
      }  // else that one has gone meanwhile
    }
    accept();
  }

  void accept_later(int error) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!warned_ || now - *warned_ > kBetweenWarnings) {
      warned_ = now;
      spdlog::warn("no connection can be taken: {}; it is tried again", strerror(error));
    }
    retry_.expires_after(kAfterNoDescriptor);
    retry_.async_wait([self = shared_from_this()](Failure cancelled) {
      if (!cancelled) {
        self->accept();
      }
    });
  }

  void take(Accepted accepted) {
    // Behind a proxy all clients have its address.
    const bool is_one_of_many =
        accepted.is_local || contains(core_->settings.proxy.proxies, accepted.peer);
    std::string client = is_one_of_many ? std::string() : client_key(accepted.peer);
    if (const Admission admission = admit(client); admission != Admission::granted) {
      turn_away(accepted.fd.get(), admission, core_->tls != nullptr);
      return;
    }
    Place place(core_, std::move(client));
    Stream stream(core_->context.get_executor());
    Failure failed;
    const int family = address_.is_unix() ? AF_UNIX : address_.is_v6() ? AF_INET6 : AF_INET;
    stream.socket().assign(asio::generic::stream_protocol(family, 0), accepted.fd.get(), failed);
    if (failed) {
      return;
    }
    (void)accepted.fd.release();
    std::make_shared<HttpSession>(core_, ClientStream(std::move(stream), core_->tls),
                                  std::move(place), std::move(accepted.peer))
        ->start();
  }

  /// Where all places are taken, who has waited longest without asking anything makes room.
  Admission admit(const std::string& client) {
    const Admission admission = core_->count.enter(client);
    if (admission != Admission::too_many || core_->waiting.empty()) {
      return admission;
    }
    core_->waiting.front()->make_room();
    return core_->count.enter(client);
  }

  void look() {
    looks_.expires_after(core_->settings.websocket_look_every);
    looks_.async_wait([self = shared_from_this()](Failure cancelled) {
      if (cancelled || self->core_->is_stopping) {
        return;
      }
      const SteadyTime now = std::chrono::steady_clock::now();
      for (Connection* const connection : self->all_connections()) {
        connection->look(now);
      }
      self->look();
    });
  }

  /// A short while at a time, so that a stop takes no longer than its connections.
  void wait_for_last() {
    constexpr std::chrono::milliseconds kBetween{20};
    if (core_->connections.empty()) {
      return;
    }
    if (std::chrono::steady_clock::now() >= stop_.expiry()) {
      drop();
      return;
    }
    retry_.expires_after(kBetween);
    retry_.async_wait([self = shared_from_this()](Failure cancelled) {
      if (!cancelled) {
        self->wait_for_last();
      }
    });
  }

  std::shared_ptr<ServerCore> core_;
  ListenAddress address_;
  std::optional<FileIdentity> file_;  ///< of the Unix socket
  asio::posix::basic_stream_descriptor<Executor> listener_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      retry_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      looks_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      stop_;
  std::optional<SteadyTime> warned_;
};

Server::Server(asio::io_context& context, ServerSettings settings, Router router)
    : listening_(std::make_shared<Listening>(context, std::move(settings), std::move(router))) {}

Server::~Server() {
  listening_->drop();
}

void Server::use_tls(TlsContext context) {
  listening_->use_tls(std::move(context));
}

Result<void> Server::listen(ListenAddress address) {
  return listening_->listen(std::move(address));
}

const ListenAddress& Server::address() const {
  return listening_->address();
}

std::size_t Server::connections() const {
  return listening_->core().count.all();
}

void Server::stop() {
  listening_->stop();
}

}  // namespace wemol::serve
