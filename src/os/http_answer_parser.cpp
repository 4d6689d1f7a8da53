#include "http_answer_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace wemol {
namespace {

namespace http = boost::beast::http;

/// Beast wants some things whole: a field of the head, the line before a chunk, the fields behind
/// the last one. It has no cap for the latter two, and one for the head that depends on how the
/// head arrives. A head of many fields is bounded by the time that an answer may take; nothing is
/// kept of it.
constexpr std::size_t kRestCapBytes = std::size_t{16} << 10;
constexpr std::uint32_t kNoHeadCapBytes = std::uint32_t{1} << 20;
constexpr int kSwitchingProtocols = 101;

Error larger_than(std::size_t cap_bytes) {
  return {fmt::format("the answer is larger than {} MiB", cap_bytes >> 20)};
}

}  // namespace

/// Beast's parser, which hands the body on. One object reads one message.
class HttpAnswerParser::Message : public http::basic_parser<false> {
 public:
  explicit Message(std::size_t body_cap_bytes) : body_cap_bytes_(body_cap_bytes) {
    eager(true);
    header_limit(kNoHeadCapBytes);
    body_limit(boost::none);  // a stream has no end; what is not taken is bounded below
  }

  std::string body;
  int status = 0;
  bool is_too_large = false;

  [[nodiscard]] bool is_interim() const {
    return is_done() && status / 100 == 1 && status != kSwitchingProtocols;
  }

 private:
  using Text = boost::beast::string_view;
  using Code = boost::beast::error_code;

  std::size_t take(Text piece, Code& error) {
    if (piece.size() > body_cap_bytes_ - body.size()) {
      is_too_large = true;
      error = http::error::body_limit;
      return 0;
    }
    body.append(piece.data(), piece.size());
    return piece.size();
  }

  void on_response_impl(int code, Text /*reason*/, int /*version*/, Code& /*error*/) override {
    status = code;
  }
  std::size_t on_body_impl(Text piece, Code& error) override { return take(piece, error); }
  std::size_t on_chunk_body_impl(std::uint64_t /*left*/, Text piece, Code& error) override {
    return take(piece, error);
  }
  void on_request_impl(http::verb /*verb*/, Text /*method*/, Text /*target*/, int /*version*/,
                       Code& /*error*/) override {}
  void on_field_impl(http::field /*field*/, Text /*name*/, Text /*value*/,
                     Code& /*error*/) override {}
  void on_header_impl(Code& /*error*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         Code& /*error*/) override {}
  void on_chunk_header_impl(std::uint64_t /*size*/, Text /*extensions*/, Code& /*error*/) override {
  }
  void on_finish_impl(Code& /*error*/) override {}

  std::size_t body_cap_bytes_;
};

HttpAnswerParser::HttpAnswerParser(std::size_t body_cap_bytes)
    : body_cap_bytes_(body_cap_bytes), message_(std::make_unique<Message>(body_cap_bytes)) {}
HttpAnswerParser::~HttpAnswerParser() = default;

bool HttpAnswerParser::has_head() const {
  return message_->is_header_done() && !message_->is_interim();
}

bool HttpAnswerParser::is_complete() const {
  return message_->is_done() && !message_->is_interim();
}

long HttpAnswerParser::status() const {
  return message_->status;
}

std::string HttpAnswerParser::take_body() {
  return std::exchange(message_->body, {});
}

std::size_t HttpAnswerParser::body_bytes() const {
  return message_->body.size();
}

bool HttpAnswerParser::leaves_connection_open() const {
  return is_complete() && message_->keep_alive() && message_->status != kSwitchingProtocols &&
         !has_surplus_;
}

/// How much of `text` need not be shown again.
Result<std::size_t> HttpAnswerParser::parse(std::string_view text) {
  std::size_t used = 0;
  while (used < text.size() && !is_complete()) {
    if (message_->is_interim()) {
      message_ = std::make_unique<Message>(body_cap_bytes_);
    }
    boost::beast::error_code error;
    used += message_->put(boost::asio::buffer(text.data() + used, text.size() - used), error);
    if (message_->is_too_large) {
      return tl::make_unexpected(larger_than(body_cap_bytes_));
    }
    if (error == http::error::need_more) {
      break;
    }
    if (error) {
      return failure("the answer is not HTTP: " + error.message());
    }
  }
  return used;
}

Result<void> HttpAnswerParser::put(std::string_view received) {
  has_begun_ = has_begun_ || !received.empty();
  const bool had_rest = !rest_.empty();
  if (had_rest) {
    rest_ += received;
  }
  const std::string_view text = had_rest ? std::string_view(rest_) : received;
  const auto used = parse(text);
  if (!used) {
    return tl::make_unexpected(used.error());
  }
  if (is_complete()) {
    has_surplus_ = *used < text.size();
    rest_.clear();
    return {};
  }
  if (text.size() - *used > kRestCapBytes) {
    return failure("the answer is not HTTP: a line without an end");
  }
  if (had_rest) {
    rest_.erase(0, *used);
  } else {
    rest_.assign(received.substr(*used));
  }
  return {};
}

Result<void> HttpAnswerParser::put_end() {
  if (!has_begun_) {
    return failure("the other side closed the connection without an answer");
  }
  boost::beast::error_code error;
  if (!message_->is_interim() && message_->got_some()) {
    message_->put_eof(error);
  }
  if (error || !is_complete()) {
    return failure("the other side closed the connection before the end of its answer");
  }
  return {};
}

}  // namespace wemol
