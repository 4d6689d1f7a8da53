#include "hub_link.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "text.h"

namespace wemol::hub_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using SocketError = boost::system::error_code;

constexpr std::size_t kMostWaitingReplies = 64;
constexpr std::chrono::seconds kSettled{30};

struct Socket {
  explicit Socket(HubStream opened) : websocket(std::move(opened)) {}

  websocket::stream<HubStream, false> websocket;
  websocket::response_type response;
  beast::flat_buffer received{kLongestMessage + 1};
  std::deque<std::string> sending;  ///< the first one is on its way
  bool is_registered = false;
};

}  // namespace

/// Outlives its owner while its callbacks are on their way.
class HubLink::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& context, const HubAccess& access, Rules rules, const Clock& clock,
       OnKill on_kill)
      : access_(access),
        rules_(rules),
        clock_(clock),
        on_kill_(std::move(on_kill)),
        timer_(context),
        retry_(rules.retry, std::random_device()()),
        connector_(std::in_place, context, access, rules.patience) {}

  void connect() {
    connector_->connect([self = shared_from_this()](Result<HubStream> stream) {
      if (self->is_ended_) {
        return;
      }
      if (stream) {
        self->open(std::move(*stream));
      } else {
        self->lose(std::move(stream.error().message));
      }
    });
  }

  void end() {
    is_ended_ = true;
    on_kill_ = nullptr;
    timer_.cancel();
    connector_.reset();
    drop();
  }

  [[nodiscard]] bool is_registered() const { return socket_ && socket_->is_registered; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void open(HubStream stream) {
    auto token = access_.read_token();
    if (!token) {
      lose(std::move(token.error().message));
      return;
    }
    socket_ = std::make_shared<Socket>(std::move(stream));
    auto& websocket = socket_->websocket;
    websocket.set_option(websocket::stream_base::timeout{.handshake_timeout = rules_.registration,
                                                         .idle_timeout = rules_.silence,
                                                         .keep_alive_pings = true});
    websocket.set_option(websocket::stream_base::decorator(
        [agent = access_.user_agent, token = *token](websocket::request_type& request) {
          request.set(beast::http::field::user_agent, agent);
          if (!token.empty()) {
            request.set(beast::http::field::authorization, "Bearer " + token);
          }
        }));
    websocket.read_message_max(kLongestMessage);
    websocket.text(true);
    websocket.async_handshake(
        socket_->response, access_.url.authority(), access_.url.base_path + "/ws",
        [self = shared_from_this(), kept = socket_,
         greeting = register_message(access_.hostname, *token)](SocketError failed) {
          if (kept != self->socket_) {
            return;
          }
          if (failed) {
            self->lose(
                failed == websocket::error::upgrade_declined
                    ? fmt::format("the hub answers {} to a WebSocket", kept->response.result_int())
                    : failed.message());
            return;
          }
          self->send(greeting);
          self->await_registration();
          self->read();
        });
  }

  void await_registration() {
    timer_.expires_after(rules_.registration);
    timer_.async_wait([self = shared_from_this(), kept = socket_](SocketError cancelled) {
      if (!cancelled && kept == self->socket_ && !kept->is_registered) {
        self->lose("the hub does not answer the registration");
      }
    });
  }

  void read() {
    socket_->websocket.async_read(
        socket_->received,
        [self = shared_from_this(), kept = socket_](SocketError failed, std::size_t /*count*/) {
          if (kept != self->socket_) {
            return;
          }
          if (failed) {
            const auto& said = kept->websocket.reason().reason;
            self->lose(said.empty() ? failed.message()
                                    : "the hub ends it: " + printable({said.data(), said.size()}));
            return;
          }
          const auto data = kept->received.cdata();
          const std::string text(static_cast<const char*>(data.data()), data.size());
          kept->received.consume(data.size());
          if (self->take(text)) {
            self->read();
          }
        });
  }

  /// False: the connection is over.
  bool take(std::string_view text) {
    const auto message = parse_hub_message(text);
    if (!message) {
      lose(message.error().message);
      return false;
    }
    if (const auto* const answer = std::get_if<RegisterAnswer>(&*message)) {
      return take_registration(*answer);
    }
    if (const auto* const kill = std::get_if<KillRequest>(&*message)) {
      if (!socket_->is_registered) {
        lose("the hub wants something before it has answered the registration");
        return false;
      }
      on_kill_(*kill, [weak = weak_from_this(), kept = std::weak_ptr(socket_)](std::string reply) {
        const auto self = weak.lock();
        const auto socket = kept.lock();
        if (self && socket && socket == self->socket_) {
          self->send(std::move(reply));
        }
      });
    }
    return true;
  }

  bool take_registration(const RegisterAnswer& answer) {
    if (!answer.is_accepted) {
      lose("the hub does not register this host: " + answer.message);
      return false;
    }
    timer_.cancel();
    registered_at_ = clock_.now();
    socket_->is_registered = true;
    if (!std::exchange(problem_, {}).empty() || !std::exchange(was_registered_, true)) {
      spdlog::info("this host is registered at the hub as {}", access_.hostname);
    }
    return true;
  }

  void send(std::string text) {
    if (socket_->sending.size() >= kMostWaitingReplies) {
      lose("the hub does not read");
      return;
    }
    socket_->sending.push_back(std::move(text));
    if (socket_->sending.size() == 1) {
      write();
    }
  }

  void write() {
    socket_->websocket.async_write(
        asio::buffer(socket_->sending.front()),
        [self = shared_from_this(), kept = socket_](SocketError failed, std::size_t /*count*/) {
          if (kept != self->socket_ || failed) {
            return;  // the reader hears of it, too
          }
          kept->sending.pop_front();
          if (!kept->sending.empty()) {
            self->write();
          }
        });
  }

  void lose(std::string why) {
    if (why != problem_) {
      spdlog::log(was_registered_ ? spdlog::level::warn : spdlog::level::info,
                  "no WebSocket to the hub: {}", why);
    }
    problem_ = std::move(why);
    // One that is lost at once each time has not succeeded: two agents that have one name, by
    // turns.
    if (is_registered() && clock_.now() - registered_at_ >= kSettled) {
      retry_.succeeded();
    }
    drop();
    timer_.expires_after(retry_.failed(clock_.now()));
    timer_.async_wait([self = shared_from_this()](SocketError cancelled) {
      if (!cancelled && !self->is_ended_) {
        self->connect();
      }
    });
  }

  void drop() {
    if (socket_) {
      beast::get_lowest_layer(socket_->websocket).close();
      socket_.reset();
    }
  }

  const HubAccess access_;
  Rules rules_;
  const Clock& clock_;
  OnKill on_kill_;
  asio::steady_timer timer_;
  Retry retry_;
  std::optional<HubConnector> connector_;
  std::shared_ptr<Socket> socket_;  ///< null: there is none
  std::string problem_;
  SteadyTime registered_at_{};
  bool was_registered_ = false;
  bool is_ended_ = false;
};

HubLink::HubLink(asio::io_context& context, const HubAccess& access, Rules rules,
                 const Clock& clock, OnKill on_kill)
    : link_(std::make_shared<Link>(context, access, rules, clock, std::move(on_kill))) {
  link_->connect();
}

HubLink::~HubLink() {
  link_->end();
}

bool HubLink::is_registered() const {
  return link_->is_registered();
}

const std::string& HubLink::problem() const {
  return link_->problem();
}

}  // namespace wemol::hub_client
