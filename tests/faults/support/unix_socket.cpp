#include "unix_socket.h"

#include <sys/un.h>

#include <stdexcept>

namespace wemol::faults {
namespace {

constexpr std::size_t kPieceBytes = 65536;

UniqueFd attached(const std::filesystem::path& path,
                  int (*attach)(int, const sockaddr*, socklen_t)) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return attach(fd.get(), generic, sizeof(address)) == 0 ? std::move(fd) : UniqueFd();
}

}  // namespace

UniqueFd listening_at(const std::filesystem::path& path) {
  UniqueFd fd = attached(path, bind);
  if (!fd || listen(fd.get(), SOMAXCONN) != 0) {
    throw std::runtime_error("cannot listen at " + path.string());
  }
  return fd;
}

UniqueFd connected_to(const std::filesystem::path& path) {
  return attached(path, connect);
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string receive_some(int fd) {
  std::string piece(kPieceBytes, '\0');
  const ssize_t count = recv(fd, piece.data(), piece.size(), 0);
  piece.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return piece;
}

}  // namespace wemol::faults
