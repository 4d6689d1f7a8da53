#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "event_loop.h"
#include "files.h"
#include "http_answer_parser.h"

namespace wemol {

/// A connection to an HTTP server on a Unix socket. It has one question at a time, and takes
/// another when the answer is complete and the server lets it.
class HttpConnection {
 public:
  /// Something can be read or written: advance() is to be called. May let the connection go.
  using Ready = std::function<void(HttpConnection&)>;

  /// The error's code is the errno; EAGAIN: the server accepts too slowly, so another try may do.
  [[nodiscard]] static Result<std::unique_ptr<HttpConnection>> open(EventLoop& loop,
                                                                    const std::string& socket_path,
                                                                    Ready ready);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends a GET; what the socket does not take at once follows with advance().
  void ask(std::string_view target, std::size_t body_cap_bytes);
  /// Sends and receives what can be sent and received now.
  void advance();

  /// The answer to the last question, as far as it is there.
  [[nodiscard]] HttpAnswerParser& answer() { return *answer_; }
  /// Why the answer will never be complete.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] bool is_over() const { return failure_ || answer_->is_complete(); }
  /// The server closed it before it saw the question, as it may with a connection that was idle:
  /// the question may be asked anew on another one.
  [[nodiscard]] bool was_closed_while_idle() const;
  /// Whether another question may be asked.
  [[nodiscard]] bool is_reusable() const;

 private:
  HttpConnection(UniqueFd fd, std::string socket_path)
      : fd_(std::move(fd)), socket_path_(std::move(socket_path)) {}

  void send();
  void receive();

  UniqueFd fd_;
  std::string socket_path_;  ///< for errors
  EventSource watch_;
  std::string to_send_;
  std::optional<HttpAnswerParser> answer_;
  std::optional<Error> failure_;
  bool was_closed_ = false;  ///< by the server
  int questions_ = 0;
};

}  // namespace wemol
