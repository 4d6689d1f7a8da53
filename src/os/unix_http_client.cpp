#include "unix_http_client.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAnswerCapBytes = std::size_t{64} << 20;
constexpr std::size_t kQuestionsAtOnce = 3;
constexpr std::chrono::milliseconds kTimerAccuracy{1};
/// Nothing tells when a server that has too many connections to accept takes another one.
constexpr auto kConnectPause = 20ms;

}  // namespace

UnixHttpClient::UnixHttpClient(EventLoop& loop, std::string socket_path,
                               std::chrono::milliseconds timeout)
    : loop_(loop), socket_path_(std::move(socket_path)), timeout_(timeout) {}

void UnixHttpClient::get(const std::string& target, Done done) {
  questions_.push_back({.target = target, .done = std::move(done), .stream = {}});
  send_questions();
}

void UnixHttpClient::stream(const std::string& target, StreamHandlers handlers) {
  begin({.target = target, .done = {}, .stream = std::move(handlers)});
}

void UnixHttpClient::cancel_all() {
  exchanges_.clear();
  questions_.clear();
  sent_ = 0;
}

void UnixHttpClient::send_questions() {
  while (sent_ < kQuestionsAtOnce && !questions_.empty()) {
    Question question = std::move(questions_.front());
    questions_.pop_front();
    ++sent_;
    begin(std::move(question));
  }
}

void UnixHttpClient::begin(Question question) {
  const ExchangeId id = next_id_++;
  Exchange& exchange = exchanges_[id];
  exchange.question = std::move(question);
  exchange.deadline = loop_.call_at(
      loop_.now() + timeout_, [this, id] { give_up(id); }, kTimerAccuracy);
  send(id, exchange);
}

/// Sends the question on a connection that is idle or new. A failure is reported by the event loop,
/// for this may be the call that asks.
void UnixHttpClient::send(ExchangeId id, Exchange& exchange) {
  exchange.connection = take_idle_connection();
  if (!exchange.connection) {
    auto opened = HttpConnection::open(loop_, socket_path_,
                                       [this](HttpConnection& connection) { act_on(connection); });
    if (!opened && opened.error().code == EAGAIN) {
      exchange.next_step = loop_.call_at(
          loop_.now() + kConnectPause, [this, id] { send(id, exchanges_.at(id)); }, kTimerAccuracy);
      return;
    }
    if (!opened) {
      exchange.failure = std::move(opened.error());
      exchange.next_step = loop_.call_at(loop_.now(), [this, id] { deliver(id); });
      return;
    }
    exchange.connection = std::move(*opened);
  }
  exchange.connection->ask(exchange.question.target, kAnswerCapBytes);
}

std::unique_ptr<HttpConnection> UnixHttpClient::take_idle_connection() {
  if (idle_.empty()) {
    return nullptr;
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void UnixHttpClient::act_on(HttpConnection& connection) {
  const auto exchange = std::ranges::find_if(
      exchanges_, [&](const auto& entry) { return entry.second.connection.get() == &connection; });
  if (exchange == exchanges_.end()) {
    // Idle: the server has closed it, or says what nobody has asked for.
    std::erase_if(idle_, [&](const auto& idle) { return idle.get() == &connection; });
    return;
  }
  connection.advance();
  const ExchangeId id = exchange->first;
  if (connection.was_closed_while_idle()) {
    idle_.clear();  // the others of that time are closed too
    send(id, exchange->second);
    return;
  }
  deliver(id);
}

/// A callback may cancel everything, so each step looks anew at what there is.
void UnixHttpClient::deliver(ExchangeId id) {
  const Exchange* exchange = find(id);
  if (exchange->question.stream && exchange->connection && !deliver_stream(id)) {
    return;
  }
  exchange = find(id);
  if (exchange->failure) {
    finish(id, exchange->failure);
  } else if (exchange->connection->is_over()) {
    finish(id, exchange->connection->failure());
  }
}

/// What a stream has brought. False when it is given up by those who were told.
bool UnixHttpClient::deliver_stream(ExchangeId id) {
  Exchange* exchange = find(id);
  HttpAnswerParser& answer = exchange->connection->answer();
  if (!answer.has_head() || answer.status() != kHttpOk) {
    return true;
  }
  if (!std::exchange(exchange->is_open, true)) {
    exchange->deadline.reset();
    const auto opened = exchange->question.stream->opened;
    opened();
    exchange = find(id);
  }
  if (exchange != nullptr && exchange->connection->answer().body_bytes() > 0) {
    const auto received = exchange->question.stream->received;
    received(exchange->connection->answer().take_body());
    exchange = find(id);
  }
  return exchange != nullptr;
}

void UnixHttpClient::give_up(ExchangeId id) {
  const Exchange& exchange = *find(id);
  const std::string time =
      fmt::format("for {:.1f} s", std::chrono::duration<double>(timeout_).count());
  if (exchange.failure) {
    finish(id, exchange.failure);
  } else if (!exchange.connection) {
    finish(id, Error{fmt::format("{}: timed out: no connection accepted {}", socket_path_, time),
                     EAGAIN});
  } else if (exchange.question.stream) {
    finish(id, Error{fmt::format("{}: no answer {}", socket_path_, time)});
  } else {
    finish(id, Error{fmt::format("{}: timed out: no complete answer {}", socket_path_, time)});
  }
}

void UnixHttpClient::finish(ExchangeId id, std::optional<Error> failure) {
  // Its members outlive the exchange: a callback may ask for more, or cancel everything.
  Exchange exchange = std::move(exchanges_.extract(id).mapped());
  HttpAnswer answer;
  if (!failure) {
    answer = {exchange.connection->answer().status(), exchange.connection->answer().take_body()};
    if (exchange.connection->is_reusable()) {
      idle_.push_back(std::move(exchange.connection));
    }
  }
  if (!exchange.question.stream) {
    --sent_;
    send_questions();  // in the order in which they were asked: before what the callback asks
    exchange.question.done(failure ? Result<HttpAnswer>(tl::make_unexpected(std::move(*failure)))
                                   : Result<HttpAnswer>(std::move(answer)));
  } else if (failure) {
    exchange.question.stream->closed(*failure);
  } else if (answer.status != kHttpOk) {
    exchange.question.stream->closed(
        {fmt::format("{}: HTTP status {}: {}", socket_path_, answer.status, answer.body)});
  } else {
    exchange.question.stream->closed(
        {fmt::format("{}: the other side closed the stream", socket_path_)});
  }
}

UnixHttpClient::Exchange* UnixHttpClient::find(ExchangeId id) {
  const auto found = exchanges_.find(id);
  return found == exchanges_.end() ? nullptr : &found->second;
}

}  // namespace wemol
