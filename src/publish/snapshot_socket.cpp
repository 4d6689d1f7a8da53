#include "snapshot_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "snapshot_json.h"
#include "unix_socket.h"

namespace wemol {
namespace {

constexpr int kBacklog = 16;

}  // namespace

SnapshotSocket::SnapshotSocket(EventLoop& loop, std::filesystem::path path, Bounds bounds,
                               OnSubscribed on_subscribed)
    : loop_(loop),
      path_(std::move(path)),
      bounds_(bounds),
      on_subscribed_(std::move(on_subscribed)) {
  (void)listen();  // the first round says why it fails
}

SnapshotSocket::~SnapshotSocket() {
  if (is_in_place()) {
    unlink(path_.c_str());
  }
}

bool SnapshotSocket::is_in_place() const {
  return listener_ && file_at(path_) == file_;
}

Result<void> SnapshotSocket::listen() {
  listener_watch_.reset();
  listener_.reset();
  auto listener = listen_on_unix_socket(path_, kBacklog);
  if (!listener) {
    return tl::make_unexpected(std::move(listener.error()));
  }
  auto watch = loop_.watch_fd(listener->get(), EPOLLIN, [this](auto) { accept_all(); });
  if (!watch) {
    return tl::make_unexpected(std::move(watch.error()));
  }
  file_ = file_at(path_).value_or(file_);
  listener_ = std::move(*listener);
  listener_watch_ = std::move(*watch);
  return {};
}

Conditions SnapshotSocket::write(const Snapshot& snapshot) {
  if (!is_in_place()) {
    if (const auto listening = listen(); !listening) {
      return {{.key = "publish",
               .severity = Severity::error,
               .message = fmt::format("snapshots are not published: {}; retried in each round",
                                      listening.error().message)}};
    }
  }
  if (subscribers_.empty()) {
    return {};
  }
  const Line line{
      std::make_shared<const std::string>(snapshot_json_line(snapshot, loop_.wall_now()))};
  std::vector<int> gone;
  for (auto& [fd, subscriber] : subscribers_) {
    queue(line, subscriber);
    if (!send_queued(subscriber)) {
      gone.push_back(fd);
    }
  }
  for (const int fd : gone) {
    subscribers_.erase(fd);
  }
  note_subscribers();
  return {};
}

void SnapshotSocket::note_subscribers() {
  const bool is_subscribed = !subscribers_.empty();
  if (std::exchange(is_subscribed_, is_subscribed) != is_subscribed && on_subscribed_) {
    on_subscribed_(is_subscribed);
  }
}

void SnapshotSocket::accept_all() {
  while (true) {
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      return;
    }
    if (subscribers_.size() >= bounds_.subscribers || !leaves_enough(fd.get())) {
      spdlog::debug("{}: a subscriber too many is closed", path_.string());
      continue;
    }
    add(std::move(fd));
  }
}

void SnapshotSocket::add(UniqueFd fd) {
  const int number = fd.get();
  auto watch = loop_.watch_fd(number, EPOLLIN,
                              [this, number](std::uint32_t events) { react(number, events); });
  if (!watch) {
    return;
  }
  Subscriber& subscriber = subscribers_[number];
  subscriber.fd = std::move(fd);
  subscriber.watch = std::move(*watch);
  note_subscribers();
}

void SnapshotSocket::react(int fd, std::uint32_t epoll_events) {
  const auto found = subscribers_.find(fd);
  if (found == subscribers_.end()) {
    return;
  }
  bool is_there = (epoll_events & (EPOLLHUP | EPOLLERR)) == 0;
  if (is_there && (epoll_events & EPOLLIN) != 0) {
    std::array<char, 4096> dropped{};
    const ssize_t count = recv(fd, dropped.data(), dropped.size(), 0);
    is_there = count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  }
  if (!is_there || !send_queued(found->second)) {
    subscribers_.erase(found);
    note_subscribers();
  }
}

void SnapshotSocket::queue(const Line& line, Subscriber& subscriber) const {
  const auto is_full = [&] {
    return subscriber.lines.size() >= bounds_.kept_lines ||
           subscriber.bytes + line.text->size() > bounds_.kept_bytes;
  };
  // A line that is sent in part has to be sent whole.
  const std::size_t begun = subscriber.sent > 0 ? 1 : 0;
  while (subscriber.lines.size() > begun && is_full()) {
    lose_oldest(subscriber);
  }
  if (is_full() && begun > 0) {
    subscriber.lost += line.rounds;
    return;
  }
  subscriber.lines.push_back(line);
  subscriber.bytes += line.text->size();
}

void SnapshotSocket::lose_oldest(Subscriber& subscriber) {
  const auto oldest = subscriber.lines.begin() + (subscriber.sent > 0 ? 1 : 0);
  subscriber.bytes -= oldest->text->size();
  subscriber.lost += oldest->rounds;
  subscriber.lines.erase(oldest);
}

bool SnapshotSocket::send_queued(Subscriber& subscriber) {
  while (!subscriber.lines.empty()) {
    if (subscriber.lost > 0 && subscriber.sent == 0) {
      const std::uint64_t rounds = std::exchange(subscriber.lost, 0);
      subscriber.lines.push_front(
          {std::make_shared<const std::string>(lost_json_line(rounds)), rounds});
      subscriber.bytes += subscriber.lines.front().text->size();
    }
    const std::string& line = *subscriber.lines.front().text;
    const ssize_t count = send(subscriber.fd.get(), line.data() + subscriber.sent,
                               line.size() - subscriber.sent, MSG_NOSIGNAL);
    if (count < 0) {
      const bool is_there = errno == EAGAIN || errno == EINTR;
      watch_for_room(subscriber);
      return is_there;
    }
    subscriber.sent += static_cast<std::size_t>(count);
    if (subscriber.sent == line.size()) {
      subscriber.bytes -= line.size();
      subscriber.lines.pop_front();
      subscriber.sent = 0;
    }
  }
  watch_for_room(subscriber);
  return true;
}

void SnapshotSocket::watch_for_room(Subscriber& subscriber) {
  const bool waits = !subscriber.lines.empty();
  if (waits != subscriber.waits_for_room) {
    EventLoop::set_epoll_events(subscriber.watch, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
    subscriber.waits_for_room = waits;
  }
}

}  // namespace wemol
