#include "listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "text.h"
#include "unix_socket.h"

namespace wemol::serve {
namespace {

constexpr int kBacklog = 512;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  [[nodiscard]] sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress socket_address(const ListenAddress& address) {
  SocketAddress result;
  if (address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.length = sizeof v6;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.length = sizeof v4;
  }
  return result;
}

std::uint16_t port_of(int fd) {
  SocketAddress own;
  if (getsockname(fd, own.generic(), &own.length) != 0) {
    return 0;
  }
  // The port lies at the same place for both families.
  sockaddr_in v4{};
  std::memcpy(&v4, &own.storage, sizeof v4);
  return ntohs(v4.sin_port);
}

std::string advice(int code) {
  switch (code) {
    case EADDRINUSE:
      return ": another program has this port; stop it, or choose another one with --listen or "
             "--rest-api-port";
    case EACCES:
      return ": ports below 1024 are root's; choose another one with --listen or --rest-api-port";
    case EADDRNOTAVAIL:
      return ": this host has no such address";
    default:
      return "";
  }
}

tl::unexpected<Error> cannot_listen(const ListenAddress& address, int code) {
  return failure(
      fmt::format("cannot listen on {}: {}{}", address.text(), strerror(code), advice(code)), code);
}

Result<UniqueFd> listen_on_tcp(ListenAddress& address) {
  UniqueFd fd(socket(address.is_v6() ? AF_INET6 : AF_INET,
                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int on = 1;
  const int off = 0;
  if (address.is_v6()) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  SocketAddress wanted = socket_address(address);
  if (!fd || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd.get(), wanted.generic(), wanted.length) != 0 || listen(fd.get(), kBacklog) != 0) {
    return cannot_listen(address, errno);
  }
  address.port = port_of(fd.get());
  return fd;
}

/// Neither sending nor waiting takes longer than this, of which there are at most a few.
UniqueFd connected_to(const ListenAddress& address) {
  constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};
  UniqueFd fd;
  if (address.is_unix()) {
    fd = connect_to_unix_socket(address.path).value_or(UniqueFd());
    fcntl(fd.get(), F_SETFL, 0);
  } else {
    fd = UniqueFd(
        socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  }
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  SocketAddress wanted = socket_address(address);
  if (!address.is_unix() && connect(fd.get(), wanted.generic(), wanted.length) != 0) {
    return {};
  }
  return fd;
}

std::string text_of(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

}  // namespace

Result<UniqueFd> listen_at(ListenAddress& address) {
  if (!address.is_unix()) {
    return listen_on_tcp(address);
  }
  auto fd = listen_on_unix_socket(address.path, kBacklog);
  if (!fd) {
    return failure("cannot listen on unix:" + fd.error().message, fd.error().code);
  }
  return fd;
}

std::string server_name_at(const ListenAddress& address) {
  constexpr std::string_view kQuestion =
      "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  constexpr std::string_view kHeader = "\r\nServer: ";
  const UniqueFd fd = connected_to(address);
  std::array<char, 4096> received{};
  if (!fd || send(fd.get(), kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) < 0) {
    return {};
  }
  const ssize_t count = recv(fd.get(), received.data(), received.size(), 0);
  const std::string_view answer(received.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::size_t begin = answer.find(kHeader);
  if (!answer.starts_with("HTTP/") || begin == std::string_view::npos) {
    return {};
  }
  const std::string_view name = answer.substr(begin + kHeader.size());
  return printable(name.substr(0, name.find('\r')));
}

Accepted accept_one(int listener) {
  SocketAddress from;
  Accepted accepted;
  accepted.fd =
      UniqueFd(accept4(listener, from.generic(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.fd) {
    accepted.error = errno;
    return accepted;
  }
  if (from.storage.ss_family == AF_UNIX) {
    accepted.peer = "unix";
    accepted.is_local = true;
    return accepted;
  }
  accepted.peer = text_of(from);
  accepted.is_local = is_loopback_address(accepted.peer);
  const int on = 1;
  setsockopt(accepted.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return accepted;
}

std::string client_key(const std::string& peer) {
  in6_addr v6{};
  if (inet_pton(AF_INET6, peer.c_str(), &v6) != 1) {
    return peer;
  }
  constexpr std::size_t kNetworkBytes = 8;
  std::memset(&v6.s6_addr[kNetworkBytes], 0, sizeof v6.s6_addr - kNetworkBytes);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &v6, text.data(), text.size());
  return text.data();
}

}  // namespace wemol::serve
