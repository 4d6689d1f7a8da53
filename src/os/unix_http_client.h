#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event_loop.h"
#include "http_client.h"
#include "http_connection.h"

namespace wemol {

/// HTTP/1.1 over a Unix socket. Connections are kept for the next question. One that the server has
/// closed meanwhile is no failure: the question is asked once more on a new one.
class UnixHttpClient : public HttpClient {
 public:
  /// `timeout` bounds each whole answer, from when the question is sent: a few are on their way at
  /// a time, the others wait for their turn. A stream has no bound once it has begun.
  UnixHttpClient(EventLoop& loop, std::string socket_path, std::chrono::milliseconds timeout);

  /// For what is sent from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  void get(const std::string& target, Done done) override;
  void stream(const std::string& target, StreamHandlers handlers) override;
  void cancel_all() override;

 private:
  /// A question that has been sent, or will be as soon as the server accepts a connection.
  struct Exchange {
    Question question;
    std::unique_ptr<HttpConnection> connection;
    std::optional<Error> failure;  ///< there is no connection, and will be none
    EventSource deadline;          ///< for the whole answer, or the beginning of a stream
    EventSource next_step;         ///< without a connection: another try, or the failure's report
    bool is_open = false;          ///< the stream's handlers know that it has begun
  };
  using ExchangeId = std::uint64_t;

  void send_questions();
  void begin(Question question);
  void send(ExchangeId id, Exchange& exchange);
  [[nodiscard]] std::unique_ptr<HttpConnection> take_idle_connection();
  void act_on(HttpConnection& connection);
  void deliver(ExchangeId id);
  [[nodiscard]] bool deliver_stream(ExchangeId id);
  void give_up(ExchangeId id);
  void finish(ExchangeId id, std::optional<Error> failure);
  [[nodiscard]] Exchange* find(ExchangeId id);

  EventLoop& loop_;
  std::string socket_path_;
  std::chrono::milliseconds timeout_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
  std::map<ExchangeId, Exchange> exchanges_;
  ExchangeId next_id_ = 0;
  std::deque<Question> questions_;  ///< not sent yet
  std::size_t sent_ = 0;            ///< questions whose answer is not there yet
};

}  // namespace wemol
