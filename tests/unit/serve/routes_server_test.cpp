// What single routes of a real server ask for: who may ask, how large the body is, answers that
// come later; TLS, proxies, places.

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include <gtest/gtest.h>

#include "raw_client.h"
#include "served.h"
#include "temp_dir.h"
#include "test_certificate.h"

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Served;

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::string post(const std::string& path, std::size_t length, const std::string& headers = {}) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         headers + "\r\n";
}

Response length_of(const Request& request) {
  return json_response(std::to_string(request.body.size()));
}

class Routes : public testing::Test {
 protected:
  Routes() {
    const Guard key = [](const Request& request) -> std::optional<Response> {
      return request.header("X-Key") == "right" ? std::nullopt
                                                : std::optional(error_response(401, "no key"));
    };
    router_.add("POST", "/large", length_of, {.guard = key, .body_bytes = 200'000});
    router_.add("POST", "/small", length_of, {.guard = {}, .body_bytes = 10});
    router_.add("POST", "/usual", length_of);
    router_.add("DELETE", "/hosts/{name}", [](const Request& request) {
      return json_response(request.parameters.at("name"));
    });
    router_.add_later("GET", "/later", [this](const Request& /*request*/, const Respond& respond) {
      waiting_.push_back(respond);
    });
    router_.add_later("GET", "/fault", [](const Request& /*request*/, const Respond& /*respond*/) {
      throw std::runtime_error("a fault");
    });
    router_.add("GET", "/who", [](const Request& request) {
      return json_response(request.client + (request.is_secure ? " by TLS" : ""));
    });
    router_.add("GET", "/tagged", [](const Request& /*request*/) {
      Response response = json_response("plain");
      response.etag = "\"7\"";
      response.gzip = make_text("gzip");
      response.headers = {{"Cache-Control", "no-cache"}, {"Vary", "Origin"}};
      return response;
    });
  }

  Router router_;
  std::deque<Respond> waiting_;
};

TEST_F(Routes, AGuardAnswersBeforeTheBodyIsRead) {
  Served served({}, router_);
  RawClient client(served.port());
  client.send(post("/large", 200'000));  // and nothing of it
  const auto answer = client.rest();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->starts_with("HTTP/1.1 401 ")) << *answer;
  RawClient good(served.port());
  good.send(post("/large", 3, "X-Key: right\r\n") + "abc");
  EXPECT_EQ(body_of(good.answer()), "3");
}

TEST_F(Routes, EachHasItsOwnLimitOfTheBody) {
  Served served({.body_bytes = 1000}, router_);
  const auto status = [&](const std::string& path, std::size_t length) {
    RawClient client(served.port());
    client.send(post(path, length, "X-Key: right\r\n") + std::string(length, 'x'));
    return client.answer().substr(9, 3);
  };
  EXPECT_EQ(status("/large", 200'000), "200");
  EXPECT_EQ(status("/large", 200'001), "413");
  EXPECT_EQ(status("/small", 10), "200");
  EXPECT_EQ(status("/small", 11), "413");
  EXPECT_EQ(status("/usual", 1000), "200");
  EXPECT_EQ(status("/usual", 1001), "413");
}

TEST_F(Routes, ChunksAreCountedToo) {
  Served served({.body_bytes = 1000}, router_);
  RawClient client(served.port());
  client.send(
      "POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("larger than 10 bytes"), std::string::npos) << answer;
}

TEST_F(Routes, APartOfThePathIsAParameter) {
  Served served({}, router_);
  RawClient client(served.port());
  client.send("DELETE /hosts/gpu%2D7 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(body_of(client.answer()), "gpu-7");
  client.send("DELETE /hosts/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 404 "));
  client.get("/hosts/gpu-7");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 405 "));
}

TEST_F(Routes, AnAnswerMayComeLater) {
  Served served({}, router_);
  RawClient slow(served.port());
  slow.get("/later");
  RawClient other(served.port());
  other.get("/who");
  EXPECT_EQ(body_of(other.answer()), "127.0.0.1");
  while (served.ask<std::size_t>([&] { return waiting_.size(); }) == 0) {
    std::this_thread::yield();
  }
  served.tell([&] {
    waiting_.front()(json_response("late"));
    waiting_.front()(json_response("a second one is none"));
  });
  EXPECT_EQ(body_of(slow.answer()), "late");
  slow.get("/who");  // the connection goes on
  EXPECT_EQ(body_of(slow.answer()), "127.0.0.1");
  served.tell([&] { waiting_.clear(); });
}

TEST_F(Routes, AnAnswerForWhoHasGoneHurtsNobody) {
  Served served({}, router_);
  {
    const RawClient gone(served.port());
    gone.get("/later");
    while (served.ask<std::size_t>([&] { return waiting_.size(); }) == 0) {
      std::this_thread::yield();
    }
  }
  served.tell([&] {
    waiting_.front()(json_response(std::string(1'000'000, 'x')));
    waiting_.clear();
  });
  RawClient other(served.port());
  other.get("/who");
  EXPECT_EQ(body_of(other.answer()), "127.0.0.1");
}

TEST_F(Routes, AnAnswerThatNeverComesHoldsNoStop) {
  Served served({.stop_timeout = 200ms}, router_);
  RawClient client(served.port());
  client.get("/later");
  while (served.ask<std::size_t>([&] { return waiting_.size(); }) == 0) {
    std::this_thread::yield();
  }
  served.stop();
  EXPECT_EQ(client.rest(), "");
  waiting_.clear();
}

TEST_F(Routes, AFaultInOneIsA500) {
  Served served({}, router_);
  RawClient client(served.port());
  client.get("/fault");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 500 "));
}

TEST_F(Routes, TagsAndCodingsAreOnTheWire) {
  Served served({.headers = {{"Cache-Control", "private"}, {"X-Frame-Options", "DENY"}}}, router_);
  RawClient client(served.port());
  client.get("/tagged", "Accept-Encoding: gzip\r\n");
  const std::string answer = client.answer();
  EXPECT_EQ(body_of(answer), "gzip");
  for (const char* const line :
       {"Content-Encoding: gzip\r\n", "ETag: W/\"7\"\r\n", "Cache-Control: no-cache\r\n",
        "X-Frame-Options: DENY\r\n", "Vary: Origin\r\n", "Vary: Accept-Encoding\r\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
  client.get("/tagged", "If-None-Match: W/\"7\"\r\n");
  const std::string same = client.answer();
  EXPECT_TRUE(same.starts_with("HTTP/1.1 304 ")) << same;
  EXPECT_EQ(body_of(same), "");
  client.get("/who");  // nothing of a body is in the way
  EXPECT_EQ(body_of(client.answer()), "127.0.0.1");
}

TEST_F(Routes, ANamedProxyTellsWhoAsks) {
  ServerSettings settings;
  settings.proxy.proxies = *parse_networks("127.0.0.1");
  settings.proxy.base_path = "/gpu";
  Served served(settings, router_);
  RawClient client(served.port());
  client.get("/gpu/who", "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n");
  EXPECT_EQ(body_of(client.answer()), "192.0.2.9 by TLS");
}

TEST_F(Routes, WhoWaitsLongestMakesRoom) {
  Served served({.connections = {.all = 3, .per_client = 3}}, router_);
  RawClient working(served.port());
  working.get("/later");
  while (served.ask<std::size_t>([&] { return waiting_.size(); }) == 0) {
    std::this_thread::yield();
  }
  RawClient silent(served.port());
  RawClient half(served.port());
  half.send("GET /who HTTP/1.1\r\n");
  for (int i = 0; i < 5; ++i) {  // each takes the place of one that says nothing
    RawClient next(served.port());
    next.get("/who");
    EXPECT_EQ(body_of(next.answer()), "127.0.0.1");
  }
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half.rest(), "");
  served.tell([&] {
    waiting_.front()(json_response("late"));
    waiting_.clear();
  });
  EXPECT_EQ(body_of(working.answer()), "late");
}

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;

/// What a client that trusts whom it meets gets to hear, and who that is.
struct TlsAnswer {
  std::string text;
  std::string name;
};
TlsAnswer ask_by_tls(std::uint16_t port, const std::string& request, int protocol = 0) {
  boost::asio::io_context context;
  ssl::context tls(ssl::context::tls_client);
  if (protocol != 0) {
    SSL_CTX_set_max_proto_version(tls.native_handle(), protocol);
  }
  ssl::stream<tcp::socket> stream(context, tls);
  stream.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
  boost::system::error_code error;
  stream.handshake(ssl::stream_base::client, error);
  if (error) {
    return {"no handshake", ""};
  }
  const X509* const peer = SSL_get0_peer_certificate(stream.native_handle());
  std::array<char, 64> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name.data(), name.size());
  boost::asio::write(stream, boost::asio::buffer(request));
  TlsAnswer answer{"", name.data()};
  boost::asio::read(stream, boost::asio::dynamic_buffer(answer.text), error);
  // Without the end of TLS it would be stream_truncated: somebody could have cut it off.
  EXPECT_EQ(error, boost::asio::error::eof);
  return answer;
}

constexpr const char* kLastQuestion =
    "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(Routes, TlsIsSpokenAndTheCertificateMayChange) {
  const test::TempDir folder;
  const auto first = test::make_certificate(folder.path(), "first");
  const auto second = test::make_certificate(folder.path(), "second");
  Served served({}, router_);
  served.tell([&] { served.use_tls(load_tls(first.certificate, first.key).value()); });
  const TlsAnswer answer = ask_by_tls(served.port(), kLastQuestion);
  EXPECT_EQ(body_of(answer.text), "127.0.0.1 by TLS");
  EXPECT_EQ(answer.name, "first");
  served.tell([&] { served.use_tls(load_tls(second.certificate, second.key).value()); });
  EXPECT_EQ(ask_by_tls(served.port(), kLastQuestion).name, "second");
}

TEST_F(Routes, OldVersionsOfTlsAreRefused) {
  const test::TempDir folder;
  const auto files = test::make_certificate(folder.path(), "own");
  Served served({}, router_);
  served.tell([&] { served.use_tls(load_tls(files.certificate, files.key).value()); });
  EXPECT_EQ(ask_by_tls(served.port(), kLastQuestion, TLS1_1_VERSION).text, "no handshake");
  EXPECT_EQ(body_of(ask_by_tls(served.port(), kLastQuestion, TLS1_2_VERSION).text),
            "127.0.0.1 by TLS");
}

TEST_F(Routes, WhoBeginsNoTlsIsDropped) {
  const test::TempDir folder;
  const auto files = test::make_certificate(folder.path(), "own");
  Served served({.header_timeout = 200ms}, router_);
  served.tell([&] { served.use_tls(load_tls(files.certificate, files.key).value()); });
  RawClient plain(served.port());
  plain.get("/who");
  const auto rest = plain.rest();
  ASSERT_TRUE(rest);
  EXPECT_FALSE(rest->starts_with("HTTP/")) << *rest;
  RawClient silent(served.port());
  EXPECT_TRUE(silent.rest());
}

TEST(Tls, FilesThatAreNoGoodAreNamed) {
  const test::TempDir folder;
  const auto first = test::make_certificate(folder.path(), "first");
  const auto second = test::make_certificate(folder.path(), "second");
  const auto message = [](const std::filesystem::path& certificate,
                          const std::filesystem::path& key) {
    const auto loaded = load_tls(certificate, key);
    return loaded ? "" : loaded.error().message;
  };
  EXPECT_EQ(message(first.certificate, first.key), "");
  EXPECT_NE(message(folder.path() / "none", first.key).find("none cannot be used"),
            std::string::npos);
  EXPECT_NE(message(first.certificate, folder.path() / "none").find("none cannot be used"),
            std::string::npos);
  EXPECT_NE(message(first.certificate, second.key).find("second.key"), std::string::npos);
}

}  // namespace
}  // namespace wemol::serve
