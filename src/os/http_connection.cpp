#include "http_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wemol {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} << 10;
/// The others of the event loop have their turn too, however fast the server sends.
constexpr int kPiecesAtOnce = 16;

Error socket_error(const std::string& socket_path, int code) {
  return {fmt::format("{}: {}", socket_path, strerror(code)), code};
}

Result<sockaddr_un> address_of(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t at_most = sizeof(address.sun_path) - 1;
  if (socket_path.size() > at_most) {
    return failure(fmt::format("{}: the path has {} bytes, that of a socket may have {}",
                               socket_path, socket_path.size(), at_most),
                   ENAMETOOLONG);
  }
  socket_path.copy(address.sun_path, at_most);
  return address;
}

}  // namespace

Result<std::unique_ptr<HttpConnection>> HttpConnection::open(EventLoop& loop,
                                                             const std::string& socket_path,
                                                             Ready ready) {
  const auto address = address_of(socket_path);
  if (!address) {
    return tl::make_unexpected(address.error());
  }
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  const auto* generic = reinterpret_cast<const sockaddr*>(&*address);
  // A Unix socket connects at once or not at all.
  if (!fd || connect(fd.get(), generic, sizeof(*address)) != 0) {
    return tl::make_unexpected(socket_error(socket_path, errno));
  }
  std::unique_ptr<HttpConnection> connection(new HttpConnection(std::move(fd), socket_path));
  auto watch = loop.watch_fd(connection->fd_.get(), EPOLLIN,
                             [ready = std::move(ready),
                              self = connection.get()](std::uint32_t /*events*/) { ready(*self); });
  if (!watch) {
    return tl::make_unexpected(watch.error());
  }
  connection->watch_ = std::move(*watch);
  return connection;
}

void HttpConnection::ask(std::string_view target, std::size_t body_cap_bytes) {
  // With no other type on offer an engine gives its events in the form that it has always had.
  to_send_ =
      fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", target);
  answer_.emplace(body_cap_bytes);
  ++questions_;
  send();
}

void HttpConnection::advance() {
  if (!to_send_.empty()) {
    send();
  }
  receive();
}

void HttpConnection::send() {
  while (!to_send_.empty()) {
    const ssize_t sent = ::send(fd_.get(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      to_send_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      EventLoop::set_epoll_events(watch_, EPOLLIN | EPOLLOUT);
      return;
    } else if (errno != EINTR) {
      // Receiving tells it in time: there may be an answer, and it is not for ask() to fail.
      to_send_.clear();
    }
  }
  EventLoop::set_epoll_events(watch_, EPOLLIN);
}

void HttpConnection::receive() {
  std::array<char, kPieceBytes> piece{};
  for (int i = 0; i < kPiecesAtOnce && !is_over(); ++i) {
    const ssize_t count = ::recv(fd_.get(), piece.data(), piece.size(), 0);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && errno == EAGAIN) {
      return;
    }
    was_closed_ = count == 0 || (count < 0 && (errno == ECONNRESET || errno == EPIPE));
    if (count < 0 && (!was_closed_ || answer_->has_begun())) {
      failure_ = socket_error(socket_path_, errno);
      return;
    }
    const auto taken = was_closed_ ? answer_->put_end()
                                   : answer_->put({piece.data(), static_cast<std::size_t>(count)});
    if (!taken) {
      failure_ = Error{socket_path_ + ": " + taken.error().message};
    }
  }
}

bool HttpConnection::was_closed_while_idle() const {
  return failure_ && was_closed_ && questions_ > 1 && !answer_->has_begun();
}

bool HttpConnection::is_reusable() const {
  return !failure_ && !was_closed_ && to_send_.empty() && answer_->leaves_connection_open();
}

}  // namespace wemol
