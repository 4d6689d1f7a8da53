#include "snapshot_subscriber.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "backoff.h"
#include "text.h"
#include "unix_socket.h"

namespace wemol::serve {

namespace asio = boost::asio;

/// Outlives the subscriber while its callbacks are on their way.
class SnapshotSubscriber::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& context, std::filesystem::path path, Bounds bounds)
      : path_(std::move(path)),
        bounds_(bounds),
        socket_(context),
        timer_(context),
        backoff_(bounds.first_retry, bounds.longest_retry) {}

  void connect() {
    auto fd = connect_to_unix_socket(path_);
    if (!fd) {
      lose(fmt::format("the recorder's socket cannot be read: {}", fd.error().message));
      return;
    }
    boost::system::error_code failed;
    socket_.assign(asio::local::stream_protocol(), fd->get(), failed);
    if (failed) {
      lose(failed.message());
      return;
    }
    (void)fd->release();
    problem_ = "the recorder is connected and has not finished a round since";
    read();
  }

  void end() {
    is_ended_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  [[nodiscard]] const std::optional<PublishedTasks>& newest() const { return newest_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void read() {
    socket_.async_read_some(
        asio::buffer(received_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
          if (self->is_ended_) {
            return;
          }
          if (error) {
            self->lose(fmt::format("{}: the recorder has closed its socket", self->path_.string()));
          } else if (self->take({self->received_.data(), count})) {
            self->read();
          }
        });
  }

  /// False when the other side says what it should not, and is given up.
  bool take(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      line_.append(text.substr(0, end));
      if (line_.size() > bounds_.line_bytes) {
        lose(fmt::format("{}: a line is longer than {} bytes", path_.string(), bounds_.line_bytes));
        return false;
      }
      if (end == std::string_view::npos) {
        return true;
      }
      text.remove_prefix(end + 1);
      if (!take_line(std::exchange(line_, {}))) {
        return false;
      }
    }
    return true;
  }

  bool take_line(const std::string& line) {
    auto message = read_snapshot_line(line);
    if (!message) {
      lose(fmt::format("{}: {}", path_.string(), message.error().message));
      return false;
    }
    if (auto* tasks = std::get_if<PublishedTasks>(&*message)) {
      if (!std::exchange(is_read_, true)) {
        spdlog::info("tasks are read from the recorder's socket {}", path_.string());
      }
      newest_ = std::move(*tasks);
      problem_.clear();
      backoff_.succeeded();
    }
    return true;
  }

  /// A socket that is not there is said once, for many hosts have no recorder.
  void lose(std::string why) {
    const bool is_news = why != said_;
    said_ = why;
    if (std::exchange(is_read_, false)) {
      spdlog::warn("{}; tasks are unknown until it is back", why);
    } else if (is_news) {
      spdlog::info("no tasks for now: {}", why);
    }
    problem_ = std::move(why);
    newest_.reset();
    line_ = {};
    boost::system::error_code ignored;
    socket_.close(ignored);
    const SteadyTime now = std::chrono::steady_clock::now();
    backoff_.failed(now);
    timer_.expires_after(backoff_.left(now));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled && !self->is_ended_) {
        self->connect();
      }
    });
  }

  std::filesystem::path path_;
  Bounds bounds_;
  asio::local::stream_protocol::socket socket_;
  asio::steady_timer timer_;
  Backoff backoff_;
  std::array<char, 65536> received_{};
  std::string line_;  ///< the begin of one
  std::optional<PublishedTasks> newest_;
  std::string problem_;
  std::string said_;
  bool is_read_ = false;
  bool is_ended_ = false;
};

SnapshotSubscriber::SnapshotSubscriber(asio::io_context& context, std::filesystem::path path,
                                       Bounds bounds)
    : link_(std::make_shared<Link>(context, std::move(path), bounds)) {
  link_->connect();
}

SnapshotSubscriber::~SnapshotSubscriber() {
  link_->end();
}

const std::optional<PublishedTasks>& SnapshotSubscriber::newest() const {
  return link_->newest();
}

const std::string& SnapshotSubscriber::problem() const {
  return link_->problem();
}

}  // namespace wemol::serve
