#include "report_sender.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <random>
#include <utility>

#include <spdlog/spdlog.h>

#include "hub_answer.h"
#include "hub_report.h"
#include "text.h"

namespace wemol::hub_client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

constexpr unsigned kHttp11 = 11;
constexpr std::uint32_t kMostHeaderBytes = 16 << 10;
constexpr std::uint64_t kMostAnswerBytes = 64 << 10;

/// One connection, with what is under way on it.
struct Exchange {
  explicit Exchange(HubStream opened) : stream(std::move(opened)) {}

  HubStream stream;
  boost::beast::flat_buffer buffer;
  Request request;
  std::optional<Parser> parser;
  bool is_used = false;  ///< it has carried an answer
};

std::string address_of(HubStream& stream) {
  error_code failed;
  const auto endpoint = stream.next_layer().socket().local_endpoint(failed);
  if (failed) {
    return {};
  }
  const auto address = endpoint.address();
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
             : address.to_string();
}

}  // namespace

/// Outlives the sender while its callbacks are on their way.
class ReportSender::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& context, const HubAccess& access, Rules rules, const Clock& clock)
      : access_(access),
        rules_(rules),
        clock_(clock),
        timer_(context),
        queue_(rules.queue),
        retry_(rules.retry, std::random_device()()),
        connector_(std::in_place, context, access, rules.patience) {}

  void offer(std::string report, SteadyTime measured_at) {
    queue_.push({std::move(report), measured_at}, clock_.now());
    go_on();
  }

  void end() {
    is_ended_ = true;
    timer_.cancel();
    connector_.reset();
    drop_connection();
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& local_address() const { return local_address_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  void go_on() {
    if (is_busy_ || is_ended_) {
      return;
    }
    current_ = queue_.next(clock_.now());
    if (!current_) {
      return;
    }
    is_busy_ = true;
    if (exchange_) {
      send();
      return;
    }
    connector_->connect([self = shared_from_this()](Result<HubStream> stream) {
      if (self->is_ended_) {
        return;
      }
      if (!stream) {
        self->put_off(std::move(stream.error().message), {});
        return;
      }
      self->exchange_ = std::make_shared<Exchange>(std::move(*stream));
      self->local_address_ = address_of(self->exchange_->stream);
      self->send();
    });
  }

  void send() {
    auto token = access_.read_token();
    if (!token) {
      put_off(std::move(token.error().message), {});
      return;
    }
    fill_request(*token);
    exchange_->stream.next_layer().expires_after(rules_.answer);
    http::async_write(
        exchange_->stream, exchange_->request,
        [self = shared_from_this(), kept = exchange_](error_code failed, std::size_t /*count*/) {
          if (kept != self->exchange_) {
            return;
          }
          // A hub that refuses early has answered before it has read everything.
          self->read_answer(failed);
        });
  }

  void fill_request(const std::string& token) {
    Request& request = exchange_->request;
    request = {http::verb::post, access_.url.base_path + "/api/report-gpu-stats", kHttp11};
    request.set(http::field::host, access_.url.authority());
    request.set(http::field::user_agent, access_.user_agent);
    request.set(http::field::content_type, "application/json");
    request.set(http::field::accept_encoding, "identity");
    if (!token.empty()) {
      request.set(http::field::authorization, "Bearer " + token);
    }
    request.body() = with_age(current_->text, clock_.now() - current_->measured_at);
    request.prepare_payload();
  }

  void read_answer(error_code write_failed) {
    exchange_->parser.emplace();
    exchange_->parser->header_limit(kMostHeaderBytes);
    exchange_->parser->body_limit(kMostAnswerBytes);
    http::async_read(exchange_->stream, exchange_->buffer, *exchange_->parser,
                     [self = shared_from_this(), kept = exchange_, write_failed](
                         error_code failed, std::size_t /*count*/) {
                       if (kept != self->exchange_) {
                         return;
                       }
                       if (failed) {
                         self->lose(write_failed ? write_failed : failed);
                       } else {
                         self->take_answer(write_failed.failed());
                       }
                     });
  }

  /// A connection that has rested may have been closed by the hub meanwhile: that is no failure.
  void lose(const error_code& failed) {
    const bool was_used = exchange_->is_used;
    drop_connection();
    if (was_used && failed != boost::beast::error::timeout) {
      is_busy_ = false;
      go_on();
      return;
    }
    put_off(fmt::format("no answer from {}: {}", access_.url.authority(), failed.message()), {});
  }

  void take_answer(bool is_broken) {
    const auto& message = exchange_->parser->get();
    const Verdict verdict = judge({.status = message.result_int(),
                                   .body = message.body(),
                                   .location = view(message[http::field::location]),
                                   .retry_after = view(message[http::field::retry_after])});
    exchange_->is_used = true;
    if (is_broken || !exchange_->parser->keep_alive()) {
      drop_connection();
    } else {
      exchange_->stream.next_layer().expires_never();
      exchange_->parser.reset();
      exchange_->request = {};
    }
    if (verdict.next == Verdict::Next::later) {
      drop_connection();  // nor does a report wait on a connection that the hub does not want
      put_off(verdict.problem, verdict.pause);
      return;
    }
    queue_.done(current_);
    note_success(verdict.problem);
    send_next();
  }

  static std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
  }

  void note_success(const std::string& refused) {
    retry_.succeeded();
    if (!problem_.empty()) {
      spdlog::info("the hub {} is there again; {} waiting", access_.url.text(),
                   counted(queue_.size(), "report"));
    } else if (!std::exchange(has_reported_, true) && refused.empty()) {
      spdlog::info("reports go to the hub {} as {}", access_.url.text(), access_.hostname);
    }
    problem_.clear();
    if (!refused.empty() && refused != refused_) {
      spdlog::warn("{}; it is dropped", refused);
    }
    refused_ = refused;
  }

  void send_next() {
    current_.reset();
    if (queue_.size() == 0) {
      is_busy_ = false;
      return;
    }
    wait(rules_.between_late);
  }

  void put_off(std::string why, SteadyTime::duration asked_for) {
    if (why != problem_) {
      spdlog::warn("{}; reports wait, for ten minutes at most", why);
    }
    problem_ = std::move(why);
    current_.reset();
    wait(retry_.failed(clock_.now(), asked_for));
  }

  void wait(SteadyTime::duration pause) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled && !self->is_ended_) {
        self->is_busy_ = false;
        self->go_on();
      }
    });
  }

  void drop_connection() {
    if (exchange_) {
      exchange_->stream.next_layer().close();
      exchange_.reset();
    }
  }

  const HubAccess access_;
  Rules rules_;
  const Clock& clock_;
  asio::steady_timer timer_;
  ReportQueue queue_;
  Retry retry_;
  std::optional<HubConnector> connector_;
  std::shared_ptr<Exchange> exchange_;  ///< null: there is no connection
  ReportQueue::Report current_;
  std::string local_address_;
  std::string problem_;
  std::string refused_;  ///< why the newest report was dropped
  bool is_busy_ = false;
  bool is_ended_ = false;
  bool has_reported_ = false;
};

ReportSender::ReportSender(asio::io_context& context, const HubAccess& access, Rules rules,
                           const Clock& clock)
    : link_(std::make_shared<Link>(context, access, rules, clock)) {}

ReportSender::~ReportSender() {
  link_->end();
}

void ReportSender::offer(std::string report, SteadyTime measured_at) {
  link_->offer(std::move(report), measured_at);
}

const std::string& ReportSender::problem() const {
  return link_->problem();
}

const std::string& ReportSender::local_address() const {
  return link_->local_address();
}

std::size_t ReportSender::waiting() const {
  return link_->waiting();
}

}  // namespace wemol::hub_client
