#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol {

/// Reads one answer of an HTTP/1 server to a GET as its bytes arrive, in pieces of any length.
/// Interim answers (1xx) before it are skipped.
class HttpAnswerParser {
 public:
  /// More than `body_cap_bytes` of the body that nobody has taken are an error.
  explicit HttpAnswerParser(std::size_t body_cap_bytes);
  HttpAnswerParser(const HttpAnswerParser&) = delete;
  HttpAnswerParser& operator=(const HttpAnswerParser&) = delete;
  ~HttpAnswerParser();

  /// What has arrived. After an error, or when the answer is complete, nothing more may come.
  [[nodiscard]] Result<void> put(std::string_view received);
  /// The server has closed the connection. An answer may end with that; in all other cases it is
  /// an error that says how much was missing.
  [[nodiscard]] Result<void> put_end();

  /// Whether a single byte has arrived.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  /// Whether status() is known.
  [[nodiscard]] bool has_head() const;
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] long status() const;
  /// Of the body: what has arrived since the last call.
  [[nodiscard]] std::string take_body();
  [[nodiscard]] std::size_t body_bytes() const;
  /// Whether the connection serves for another question when the answer is complete.
  [[nodiscard]] bool leaves_connection_open() const;

 private:
  class Message;

  [[nodiscard]] Result<std::size_t> parse(std::string_view text);

  std::size_t body_cap_bytes_;
  std::unique_ptr<Message> message_;
  std::string rest_;  ///< arrived, but makes sense only with what follows
  bool has_begun_ = false;
  bool has_surplus_ = false;  ///< bytes behind the end of the answer
};

}  // namespace wemol
