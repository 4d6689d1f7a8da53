#include "unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace wemol {
namespace {

tl::unexpected<Error> socket_failure(const std::filesystem::path& path, const char* reason,
                                     int code) {
  return failure(fmt::format("{}: {}", path.string(), reason), code);
}

UniqueFd make_socket() {
  return UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<sockaddr_un> unix_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.native().size() >= sizeof address.sun_path) {
    return socket_failure(path, "a socket's path has 1 to 107 bytes", ENAMETOOLONG);
  }
  path.native().copy(address.sun_path, path.native().size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// The kernel refuses where nobody listens. Any other answer, such as a queue that is full or a
/// socket that is not for us, tells nothing of that.
bool is_stale(const sockaddr_un& address) {
  const UniqueFd probe = make_socket();
  return connect(probe.get(), generic(address), sizeof address) != 0 && errno == ECONNREFUSED;
}

/// What an earlier program has left. Nothing else is removed.
Result<void> remove_stale(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return socket_failure(path, "it is there and is no socket: name another path", EEXIST);
  }
  if (!is_stale(address)) {
    return socket_failure(path, "another program serves it", EADDRINUSE);
  }
  unlink(path.c_str());
  return {};
}

}  // namespace

std::optional<FileIdentity> file_at(const std::filesystem::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? std::optional(std::pair(status.st_dev, status.st_ino))
                                           : std::nullopt;
}

Result<UniqueFd> listen_on_unix_socket(const std::filesystem::path& path, int backlog,
                                       mode_t mode) {
  const auto address = unix_address(path);
  if (!address) {
    return tl::make_unexpected(address.error());
  }
  if (auto removed = remove_stale(path, *address); !removed) {
    return tl::make_unexpected(std::move(removed.error()));
  }
  UniqueFd listener = make_socket();
  // The file is made with the socket's mode less the umask: never wider than wanted in between.
  if (!listener || fchmod(listener.get(), mode) != 0 ||
      bind(listener.get(), generic(*address), sizeof *address) != 0 ||
      chmod(path.c_str(), mode) != 0 || listen(listener.get(), backlog) != 0) {
    const int code = errno;
    return socket_failure(path, strerror(code), code);
  }
  return listener;
}

Result<UniqueFd> connect_to_unix_socket(const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) {
    return tl::make_unexpected(address.error());
  }
  UniqueFd fd = make_socket();
  if (!fd || connect(fd.get(), generic(*address), sizeof *address) != 0) {
    const int code = errno;
    return socket_failure(path, strerror(code), code);
  }
  return fd;
}

}  // namespace wemol
