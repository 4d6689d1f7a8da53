#include "representation.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

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

std::string gunzipped(std::string input, std::size_t size) {
  std::string text(size + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

std::string unbrotlied(const std::string& input, std::size_t size) {
  std::string text(size + 1, '\0');
  EXPECT_EQ(
      BrotliDecoderDecompress(input.size(), reinterpret_cast<const std::uint8_t*>(input.data()),
                              &size, reinterpret_cast<std::uint8_t*>(text.data())),
      BROTLI_DECODER_RESULT_SUCCESS);
  text.resize(size);
  return text;
}

TEST(ContentCodings, WhatIsCompressedIsTheText) {
  std::string lines;
  for (int i = 0; i < 5000; ++i) {
    lines += "host " + std::to_string(i) + "\n";
  }
  const std::array<std::string_view, 1> whole{lines};
  EXPECT_LT(gzip_text(whole).size(), lines.size() / 2);
  EXPECT_LT(brotli_text(whole).size(), lines.size() / 2);
  // Which cannot be made smaller, so that it comes in many blocks.
  std::string noise(1'000'000, '\0');
  std::ranges::generate(
      noise, [random = std::mt19937(7)]() mutable { return static_cast<char>(random()); });
  for (const std::string& text : {std::string(), std::string("a"), lines, noise}) {
    const std::size_t third = text.size() / 3;
    const std::vector<std::string_view> parts{"", std::string_view(text).substr(0, third),
                                              std::string_view(text).substr(third)};
    EXPECT_EQ(gunzipped(gzip_text(parts), text.size()), text);
    EXPECT_EQ(unbrotlied(brotli_text(parts), text.size()), text);
  }
}

TEST(ContentCodings, WhatIsCompressedTakesNoMoreThanItNeeds) {
  const std::string text(10'000'000, 'a');
  const std::array<std::string_view, 1> whole{text};
  EXPECT_LT(gzip_text(whole).capacity(), 1'000'000);
  EXPECT_LT(brotli_text(whole).capacity(), 1'000'000);
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
