#include "service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <systemd/sd-daemon.h>

#include "files.h"

namespace wemol {
namespace {

constexpr const char* kAddressVariable = "NOTIFY_SOCKET";

}  // namespace

ServiceManager::ServiceManager() {
  if (const char* const address = std::getenv(kAddressVariable)) {
    address_ = address;
    unsetenv(kAddressVariable);
  }
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(1, &usec) > 0) {
    watchdog_ = std::chrono::microseconds(usec);
  }
}

int ServiceManager::tell(const std::string& assignments, std::chrono::milliseconds patience) const {
  if (address_.empty()) {
    return 0;
  }
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (address_.size() >= sizeof to.sun_path) {
    return ENAMETOOLONG;
  }
  std::ranges::copy(address_, to.sun_path);
  const bool is_abstract = address_.front() == '@';
  if (is_abstract) {
    to.sun_path[0] = '\0';
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() +
                                             (is_abstract ? 0 : 1));
  const UniqueFd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd) {
    return errno;
  }
  const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
  setsockopt(socket_fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int flags = MSG_NOSIGNAL | (patience.count() > 0 ? 0 : MSG_DONTWAIT);
  const ssize_t sent = sendto(socket_fd.get(), assignments.data(), assignments.size(), flags,
                              reinterpret_cast<const sockaddr*>(&to), length);
  return sent < 0 ? errno : 0;
}

}  // namespace wemol
