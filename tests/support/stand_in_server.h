#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "files.h"

namespace wemol::test {

/// One request to a StandInServer, and the way to answer it.
class StandInConnection {
 public:
  explicit StandInConnection(int fd) : fd_(fd) {
    std::array<char, 1024> buffer{};
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
      if (count <= 0) {
        return;
      }
      request_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  /// The next request on the same connection; waits for it.
  [[nodiscard]] StandInConnection next() const { return StandInConnection(fd_); }
  /// Whether there was a request before the other side closed.
  [[nodiscard]] bool has_request() const { return request_.find("\r\n\r\n") != std::string::npos; }
  /// "GET /target HTTP/1.1"
  [[nodiscard]] std::string first_line() const { return request_.substr(0, request_.find('\r')); }

  void send(std::string_view text) const {
    (void)!::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  void answer(const std::string& status, const std::string& body) const {
    send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body);
  }
  /// The same on a connection that stays.
  void answer_and_stay(const std::string& body) const {
    send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  void begin_stream() const { send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }
  void send_chunk(const std::string& text) const {
    std::array<char, 17> length{};
    std::snprintf(length.data(), length.size(), "%zx", text.size());
    send(std::string(length.data()) + "\r\n" + text + "\r\n");
  }
  /// Until the other side has closed.
  void wait_for_close() const {
    std::array<char, 64> buffer{};
    while (::read(fd_, buffer.data(), buffer.size()) > 0) {
    }
  }

 private:
  int fd_;
  std::string request_;
};

/// An HTTP server on a Unix socket that does what the test says, on threads of its own: one for
/// each connection, which ends when the test's function returns.
class StandInServer {
 public:
  using Serve = std::function<void(const StandInConnection&)>;

  StandInServer(const std::filesystem::path& socket_path, Serve serve)
      : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (bind(listener_.get(), generic, sizeof(address)) != 0 ||
        listen(listener_.get(), SOMAXCONN) != 0) {
      throw std::runtime_error("cannot listen at " + socket_path.string());
    }
    acceptor_ = std::thread([this] { accept_all(); });
  }
  StandInServer(const StandInServer&) = delete;
  StandInServer& operator=(const StandInServer&) = delete;
  /// Ends the connections that are open.
  ~StandInServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (auto& [fd, thread] : connections_) {
      shutdown(fd.get(), SHUT_RDWR);
      thread.join();
    }
  }

 private:
  void accept_all() {
    for (;;) {
      UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) {
        return;
      }
      const int number = fd.get();
      connections_.emplace_back(std::move(fd), std::thread([this, number] {
                                  serve_(StandInConnection(number));
                                  shutdown(number, SHUT_RDWR);
                                }));
    }
  }

  UniqueFd listener_;
  Serve serve_;
  std::list<std::pair<UniqueFd, std::thread>> connections_;
  std::thread acceptor_;
};

}  // namespace wemol::test
