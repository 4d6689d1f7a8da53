#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol {

constexpr long kHttpOk = 200;

struct HttpAnswer {
  long status = 0;
  std::string body;
};

/// The border to an HTTP server. Nothing waits: whoever asks is called back from the event loop,
/// never from within the call that asks.
class HttpClient {
 public:
  using Done = std::function<void(Result<HttpAnswer>)>;

  struct StreamHandlers {
    std::function<void()> opened;  ///< the answer has begun, with status 200
    std::function<void(std::string_view)> received;
    /// The stream is over: it failed, the server closed it, or the status was another one (then
    /// with the answer's text). Nothing is called after it.
    std::function<void(Error)> closed;
  };

  /// What was asked for: a whole answer, or a stream.
  struct Question {
    std::string target;
    Done done;
    std::optional<StreamHandlers> stream;
  };

  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  virtual ~HttpClient() = default;

  /// Asks for `target` ("/version") and takes the whole answer. Whoever has thousands of questions
  /// keeps them and asks a few at a time, so that those of others need not wait behind them.
  virtual void get(const std::string& target, Done done) = 0;
  /// Asks for an answer that has no end; it has to begin as soon as any other has to be there.
  virtual void stream(const std::string& target, StreamHandlers handlers) = 0;
  /// Gives up all that was asked for. Nobody is called back for it.
  virtual void cancel_all() = 0;
};

}  // namespace wemol
