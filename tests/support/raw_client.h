#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "files.h"

namespace wemol::test {

/// A client that sends whatever bytes the test wants, and may leave off in the middle.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect_to(&address, sizeof address);
  }
  explicit RawClient(const std::filesystem::path& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    connect_to(&address, sizeof address);
  }

  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return;
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void get(const std::string& target, const std::string& headers = {}) const {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  void finish_sending() const { shutdown(fd_.get(), SHUT_WR); }

  /// All that comes until the server closes; nothing when it does not for so long.
  [[nodiscard]] std::optional<std::string> rest(
      std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto due = std::chrono::steady_clock::now() + patience;
    while (receive(due)) {
    }
    return is_closed_ ? std::optional(std::exchange(received_, {})) : std::nullopt;
  }
  /// One answer by its Content-Length; of HEAD without the body. Empty when there is none.
  [[nodiscard]] std::string answer(bool has_body = true) {
    const auto due = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(due)) {
        return {};
      }
    }
    std::size_t length = end + 4;
    const std::size_t header = received_.find("Content-Length: ");
    if (has_body && header < end) {
      length += std::stoul(received_.substr(header + 16));
    }
    return take(length, due);
  }

  struct Frame {
    int opcode = 0;
    std::string payload;
    /// Of a close frame.
    [[nodiscard]] int code() const {
      return payload.size() < 2 ? 0
                                : static_cast<unsigned char>(payload[0]) * 256 +
                                      static_cast<unsigned char>(payload[1]);
    }
  };
  static constexpr int kText = 1;
  static constexpr int kClose = 8;
  static constexpr int kPing = 9;
  static constexpr int kPong = 10;

  /// Opens a WebSocket; the server's answer to the handshake.
  [[nodiscard]] std::string open_websocket(const std::string& target,
                                           const std::string& headers = {}) {
    get(target,
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            headers);
    return answer();
  }
  /// A whole frame, masked with zeros as a client's has to be.
  void send_frame(int opcode, std::string_view payload, bool is_masked = true) const {
    std::string frame(1, static_cast<char>(0x80 | opcode));
    const int mask = is_masked ? 0x80 : 0;
    if (payload.size() < 126) {
      frame.push_back(static_cast<char>(mask | static_cast<int>(payload.size())));
    } else {
      frame.push_back(static_cast<char>(mask | 126));
      frame.push_back(static_cast<char>(payload.size() >> 8));
      frame.push_back(static_cast<char>(payload.size() & 0xff));
    }
    frame.append(is_masked ? 4 : 0, '\0');
    send(frame.append(payload));
  }
  /// The next frame of the server; nothing when it closes or says nothing for so long.
  [[nodiscard]] std::optional<Frame> frame(
      std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto due = std::chrono::steady_clock::now() + patience;
    const std::string head = take(2, due);
    if (head.size() < 2) {
      return std::nullopt;
    }
    std::size_t length = static_cast<unsigned char>(head[1]);
    const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (extra > 0) {
      length = 0;
      for (const char c : take(extra, due)) {
        length = length * 256 + static_cast<unsigned char>(c);
      }
    }
    return Frame{static_cast<unsigned char>(head[0]) & 0xf, take(length, due)};
  }
  /// The code of the close frame that comes next, behind others; 0 when there is none.
  [[nodiscard]] int close_code() {
    while (const auto next = frame()) {
      if (next->opcode == kClose) {
        return next->code();
      }
    }
    return 0;
  }

 private:
  template <typename Address>
  void connect_to(const Address* address, socklen_t length) const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
    if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(address), length) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  bool receive(std::chrono::steady_clock::time_point due) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    pollfd poll_fd{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (is_closed_ || poll(&poll_fd, 1, std::max(0, static_cast<int>(left.count()))) <= 0) {
      return false;
    }
    std::array<char, 65536> buffer{};
    const ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    is_closed_ = count <= 0;
    received_.append(buffer.data(), is_closed_ ? 0 : static_cast<std::size_t>(count));
    return !is_closed_;
  }
  std::string take(std::size_t bytes, std::chrono::steady_clock::time_point due) {
    while (received_.size() < bytes && receive(due)) {
    }
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
  }

  UniqueFd fd_;
  std::string received_;
  bool is_closed_ = false;
};

}  // namespace wemol::test
