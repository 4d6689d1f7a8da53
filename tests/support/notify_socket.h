#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "temp_dir.h"

namespace wemol::test {

/// A service manager's socket, named in this process's environment while it lives.
class NotifySocket {
 public:
  /// `address` empty: a file of its own; '@' in front: an abstract one.
  explicit NotifySocket(std::string address = {})
      : address_(address.empty() ? (dir_ / "notify").string() : std::move(address)),
        fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    address_.copy(own.sun_path, sizeof own.sun_path - 1);
    if (address_.front() == '@') {
      own.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&own), length) != 0) {
      throw std::runtime_error("cannot bind " + address_);
    }
    setenv("NOTIFY_SOCKET", address_.c_str(), 1);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket() {
    close(fd_);
    unsetenv("NOTIFY_SOCKET");
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  /// What has come since the last call.
  [[nodiscard]] std::vector<std::string> received() const {
    std::vector<std::string> messages;
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0) {
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(count));
    }
    return messages;
  }

 private:
  TempDir dir_;
  std::string address_;
  int fd_;
};

}  // namespace wemol::test
