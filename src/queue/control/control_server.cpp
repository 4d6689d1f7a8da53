#include "control_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "unix_socket.h"

namespace wemol::queue {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kOwnersOnly = 0600;

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::open(EventLoop& loop,
                                                           const std::filesystem::path& state_dir,
                                                           Handler handler) {
  auto folder = SocketFolder::open(state_dir);
  if (!folder) {
    return tl::make_unexpected(folder.error());
  }
  auto listener = listen_on_unix_socket(folder->short_path(), kBacklog, kOwnersOnly);
  if (!listener) {
    const int code = listener.error().code;
    return failure(fmt::format("{}: {}", folder->path().string(), strerror(code)), code);
  }
  std::unique_ptr<ControlServer> server(
      new ControlServer(loop, std::move(*folder), std::move(*listener), std::move(handler)));
  auto watch = loop.watch_fd(server->listener_.get(), EPOLLIN,
                             [made = server.get()](std::uint32_t) { made->accept_one(); });
  if (!watch) {
    return tl::make_unexpected(watch.error());
  }
  server->watch_ = std::move(*watch);
  return server;
}

ControlServer::ControlServer(EventLoop& loop, SocketFolder folder, UniqueFd listener,
                             Handler handler)
    : loop_(loop),
      folder_(std::move(folder)),
      listener_(std::move(listener)),
      handler_(std::move(handler)) {}

ControlServer::~ControlServer() {
  unlink(folder_.short_path().c_str());
}

void ControlServer::answer(ConnectionId to, std::string line) {
  if (const auto found = connections_.find(to); found != connections_.end()) {
    found->second->answer(std::move(line));
  }
}

void ControlServer::accept_one() {
  UniqueFd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  // Beyond the bound it is closed: the client says that the scheduler has not answered.
  if (!socket || connections_.size() >= kMostConnections) {
    return;
  }
  const ConnectionId id = ++last_id_;
  connections_.emplace(
      id, std::make_unique<ControlConnection>(
              loop_, std::move(socket), [this, id](std::string_view line) { on_line(id, line); },
              [this, id] { connections_.erase(id); }));
}

void ControlServer::on_line(ConnectionId from, std::string_view line) {
  const auto request = parse_request(line);
  if (!request) {
    answer(from, refusal_json(request.error().message));
    return;
  }
  handler_(*request, from);
}

}  // namespace wemol::queue
