#include "control_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "request.h"

namespace wemol::queue {

ControlConnection::ControlConnection(EventLoop& loop, UniqueFd socket, Asked asked, Ended ended)
    : loop_(loop), socket_(std::move(socket)), asked_(std::move(asked)), ended_(std::move(ended)) {
  auto watch =
      loop_.watch_fd(socket_.get(), EPOLLIN, [this](std::uint32_t events) { on_events(events); });
  if (watch) {
    watch_ = std::move(*watch);
  }
  be_patient();
}

void ControlConnection::answer(std::string line) {
  output_ = std::move(line) + "\n";
  be_patient();
  // From the loop, not from within the caller: it may be our own `asked`.
  EventLoop::set_epoll_events(watch_, EPOLLOUT);
}

void ControlConnection::on_events(std::uint32_t events) {
  if (!output_.empty()) {
    write_some();
  } else if (!has_asked_) {
    read_some();
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    end();  // it does not wait any longer
  } else {
    EventLoop::set_epoll_events(watch_, 0);  // what more it says is not for us
  }
}

void ControlConnection::read_some() {
  std::array<char, 16384> buffer{};
  const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count <= 0) {
    end();
    return;
  }
  const std::string_view fresh(buffer.data(), static_cast<std::size_t>(count));
  const std::size_t line_end = fresh.find('\n');
  input_.append(fresh.substr(0, line_end));
  if (line_end != std::string_view::npos) {
    has_asked_ = true;
    patience_.reset();
    const std::string line = std::exchange(input_, {});
    asked_(line);
  } else if (input_.size() > kMostRequestBytes) {
    has_asked_ = true;
    answer(refusal_json("the request is longer than 1 MiB"));
  } else {
    be_patient();
  }
}

void ControlConnection::write_some() {
  const std::string_view left = std::string_view(output_).substr(written_);
  const ssize_t count = send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count < 0 || static_cast<std::size_t>(count) == left.size()) {
    end();
    return;
  }
  written_ += static_cast<std::size_t>(count);
  be_patient();
}

void ControlConnection::be_patient() {
  patience_ = loop_.call_at(
      loop_.now() + kPatience, [this] { end(); }, std::chrono::seconds(1));
}

void ControlConnection::end() {
  watch_.reset();
  patience_.reset();
  const Ended ended = std::move(ended_);
  ended();
}

}  // namespace wemol::queue
