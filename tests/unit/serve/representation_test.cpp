#include "representation.h"

#include <zlib.h>

#include <gtest/gtest.h>

#include "content_coding.h"

namespace wemol::serve {
namespace {

std::string header(const Response& response, std::string_view name) {
  std::string all;
  for (const auto& [key, value] : response.headers) {
    all += key == name ? (all.empty() ? "" : ", ") + value : "";
  }
  return all;
}

Request get(Headers headers) {
  return {.method = "GET", .headers = std::move(headers)};
}

Response tagged() {
  Response response = json_response("plain");
  response.etag = "\"7\"";
  response.gzip = make_text("gzip");
  response.brotli = make_text("brotli");
  return response;
}

TEST(ContentCodings, TheBestThatTheClientTakes) {
  const auto chosen = [](std::string_view accept) { return choose_coding(accept, true, true); };
  EXPECT_EQ(chosen("gzip, deflate, br"), ContentCoding::brotli);
  EXPECT_EQ(chosen("gzip"), ContentCoding::gzip);
  EXPECT_EQ(chosen("br;q=0.5, gzip;q=0.8"), ContentCoding::gzip);
  EXPECT_EQ(chosen("*"), ContentCoding::brotli);
  EXPECT_EQ(chosen("*, br;q=0"), ContentCoding::gzip);
  EXPECT_EQ(chosen("GZIP;q=0.001"), ContentCoding::gzip);
  for (const char* const none : {"", "identity", "gzip;q=0", "deflate", ";;,,q=1", "gzip;q=x"}) {
    EXPECT_EQ(chosen(none), ContentCoding::identity) << none;
  }
  EXPECT_EQ(choose_coding("br, gzip", true, false), ContentCoding::gzip);
  EXPECT_EQ(choose_coding("br, gzip", false, false), ContentCoding::identity);
}

TEST(ContentCodings, WhatIsCompressedIsTheText) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "host " + std::to_string(i) + "\n";
  }
  const std::string small = gzip_text(text);
  EXPECT_LT(small.size(), text.size() / 2);
  EXPECT_LT(brotli_text(text).size(), text.size() / 2);
  std::string back(text.size() + 1, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = small;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(back.data());
  stream.avail_out = static_cast<uInt>(back.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  back.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(back, text);
  EXPECT_FALSE(gzip_text("").empty());
  EXPECT_FALSE(brotli_text("").empty());
}

TEST(Representation, IsCompressedForWhoTakesIt) {
  const Response small = represented(tagged(), get({{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(*small.body, "gzip");
  EXPECT_EQ(header(small, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(small, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(small, "ETag"), "W/\"7\"");
  const Response plain = represented(tagged(), get({}));
  EXPECT_EQ(*plain.body, "plain");
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
}

TEST(Representation, WhoHasItIsToldSo) {
  for (const char* const match : {"\"7\"", "W/\"7\"", "\"1\", W/\"7\"", "*"}) {
    const Response same = represented(tagged(), get({{"If-None-Match", match}}));
    EXPECT_EQ(same.status, 304U) << match;
    EXPECT_EQ(same.body, nullptr);
    EXPECT_EQ(header(same, "ETag"), "W/\"7\"");
  }
  for (const char* const other : {"\"8\"", "", "7", "\"77\"", "\""}) {
    EXPECT_EQ(represented(tagged(), get({{"If-None-Match", other}})).status, 200U) << other;
  }
  Request post = get({{"If-None-Match", "\"7\""}});
  post.method = "POST";
  EXPECT_EQ(represented(tagged(), post).status, 200U);
}

TEST(Representation, ErrorsAreAsTheyAre) {
  Response response = tagged();
  response.status = 404;
  EXPECT_EQ(
      *represented(std::move(response), get({{"Accept-Encoding", "br"}, {"If-None-Match", "*"}}))
           .body,
      "plain");
}

}  // namespace
}  // namespace wemol::serve
