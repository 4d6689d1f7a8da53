#include "http_answer_parser.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace wemol {
namespace {

constexpr std::size_t kCapBytes = std::size_t{1} << 20;

struct Read {
  std::optional<long> status;  ///< of a complete answer
  std::string body;
  std::string error;
  bool leaves_open = false;
};

/// Reads `text` in pieces of one length, then the end of the connection where the answer is not
/// complete before.
Read read_in_pieces(std::string_view text, std::size_t length, std::size_t cap = kCapBytes) {
  HttpAnswerParser parser(cap);
  Read read;
  const auto take = [&](const Result<void>& result) {
    read.body += parser.take_body();
    read.error = result ? "" : result.error().message;
    return result.has_value() && !parser.is_complete();
  };
  bool goes_on = true;
  while (goes_on && !text.empty()) {
    goes_on = take(parser.put(text.substr(0, length)));
    text.remove_prefix(std::min(length, text.size()));
  }
  if (goes_on) {
    (void)take(parser.put_end());
  }
  if (parser.is_complete()) {
    read.status = parser.status();
    read.leaves_open = parser.leaves_connection_open();
  }
  return read;
}

/// The same in whatever pieces it arrives.
Read read(std::string_view text) {
  Read whole = read_in_pieces(text, text.size());
  for (const std::size_t length : {1U, 2U, 3U, 7U, 64U}) {
    const Read again = read_in_pieces(text, length);
    EXPECT_EQ(again.status, whole.status) << length << ": " << again.error;
    EXPECT_EQ(again.body, whole.body) << length;
    EXPECT_EQ(again.error, whole.error) << length;
  }
  return whole;
}

TEST(HttpAnswer, OfAKnownLengthEndsThere) {
  const Read answer = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.leaves_open);
}

TEST(HttpAnswer, WithoutABodyEndsWithItsHead) {
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n").status, 304);
  const Read empty = read("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(empty.status, 404);
  EXPECT_TRUE(empty.leaves_open);
}

TEST(HttpAnswer, InChunksIsPutTogether) {
  const Read answer = read(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abc0123456789");
  EXPECT_TRUE(answer.leaves_open);
}

TEST(HttpAnswer, OfUnknownLengthEndsWithTheConnection) {
  const Read answer = read("HTTP/1.1 200 OK\r\n\r\nup to the end");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "up to the end");
  EXPECT_FALSE(answer.leaves_open);
}

TEST(HttpAnswer, InterimOnesBeforeItAreSkipped) {
  const Read answer = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok");
  EXPECT_TRUE(answer.leaves_open);
  EXPECT_FALSE(read("HTTP/1.1 100 Continue\r\n\r\n").status) << "and nothing else";
}

TEST(HttpAnswer, ThatEndsOrSwitchesTheConnectionDoesNotLeaveItOpen) {
  EXPECT_FALSE(
      read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx").leaves_open);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx").leaves_open);
  const Read switched = read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\n\r\n");
  EXPECT_EQ(switched.status, 101);
  EXPECT_FALSE(switched.leaves_open);
}

TEST(HttpAnswer, WithMoreBehindItDoesNotLeaveTheConnectionOpen) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxsurplus";
  EXPECT_EQ(read_in_pieces(text, text.size()).body, "x");
  EXPECT_FALSE(read_in_pieces(text, text.size()).leaves_open);
}

TEST(HttpAnswer, ThatIsCutOffIsAnError) {
  for (const char* text : {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Le",
                           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"}) {
    EXPECT_EQ(read(text).error, "the other side closed the connection before the end of its answer")
        << text;
  }
  EXPECT_EQ(read("").error, "the other side closed the connection without an answer");
}

TEST(HttpAnswer, ThatIsNotHttpIsAnError) {
  for (const char* text :
       {"hello, this is no HTTP\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 two OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    EXPECT_TRUE(read(text).error.starts_with("the answer is not HTTP: "))
        << text << read(text).error;
  }
}

TEST(HttpAnswer, LinesThatHaveNoEndAreAnError) {
  const std::string endless(std::size_t{1} << 16, 'x');
  for (const std::string& text :
       {"HTTP/1.1 200 " + endless, "HTTP/1.1 200 OK\r\nX: " + endless,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + endless,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + endless}) {
    EXPECT_TRUE(read(text).error.starts_with("the answer is not HTTP: ")) << text.substr(0, 80);
  }
}

TEST(HttpAnswer, WhoseBodyIsLargerThanTheCapIsAnError) {
  constexpr std::size_t kCap = 4;
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello"}) {
    EXPECT_EQ(read_in_pieces(text, 1000, kCap).error, "the answer is larger than 0 MiB") << text;
    EXPECT_EQ(read_in_pieces(text, 1, kCap).body, "hello") << "when it is taken as it comes";
  }
}

}  // namespace
}  // namespace wemol
