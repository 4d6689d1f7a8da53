// A real server and clients that send whatever they like.

#include <sys/stat.h>

#include <memory>

#include <gtest/gtest.h>

#include "listener.h"
#include "raw_client.h"
#include "served.h"
#include "temp_dir.h"
#include "topic.h"
#include "unix_socket.h"

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Served;

Router small_router() {
  Router router;
  router.add("GET", "/hello", [](const Request& request) {
    return json_response("\"hello " + std::string(request.header("X-Name")) + "\"");
  });
  router.add("GET", "/fault",
             [](const Request& /*request*/) -> Response { throw std::runtime_error("a fault"); });
  router.add("POST", "/length", [](const Request& request) {
    return json_response(std::to_string(request.body.size()));
  });
  return router;
}

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9)) : 0;
}

std::string post(std::size_t length, const std::string& headers = {}) {
  return "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + headers + "\r\n";
}

TEST(HttpServer, AnswersOneRequestAfterTheOther) {
  Served served({}, small_router());
  RawClient client(served.port());
  for (const char* const name : {"a", "b", "c"}) {
    client.get("/hello", std::string("x-name: ") + name + "\r\n");
    const std::string answer = client.answer();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), std::string("\"hello ") + name + "\"");
    EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("Cache-Control: no-store\r\n"), std::string::npos) << answer;
  }
}

TEST(HttpServer, AnswersRequestsThatComeTogetherInOrder) {
  Served served({}, small_router());
  RawClient client(served.port());
  std::string requests;
  for (const char* const name : {"1", "2", "3"}) {
    requests += std::string("GET /hello HTTP/1.1\r\nHost: x\r\nX-Name: ") + name + "\r\n\r\n";
  }
  client.send(requests);
  for (const char* const name : {"1", "2", "3"}) {
    EXPECT_EQ(body_of(client.answer()), std::string("\"hello ") + name + "\"");
  }
}

TEST(HttpServer, HeadHasTheLengthAndNoBody) {
  Served served({}, small_router());
  RawClient client(served.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string head = client.answer(false);
  EXPECT_NE(head.find("Content-Length: 8\r\n"), std::string::npos) << head;
  client.get("/hello");
  EXPECT_EQ(body_of(client.answer()), "\"hello \"");
}

TEST(HttpServer, ClosesWhenItIsAskedTo) {
  Served served({}, small_router());
  RawClient client(served.port());
  client.get("/hello", "Connection: close\r\n");
  EXPECT_EQ(status_of(client.rest().value_or("it stays open")), 200);
  RawClient old(served.port());
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(old.rest().value_or("it stays open")), 200);
}

TEST(HttpServer, UnknownPathsAndMethodsLeaveTheConnectionOpen) {
  Served served({}, small_router());
  RawClient client(served.port());
  client.get("/nothing");
  EXPECT_EQ(status_of(client.answer()), 404);
  client.send("BREW /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_EQ(status_of(answer), 405);
  EXPECT_NE(answer.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos) << answer;
  client.get("/hello");
  EXPECT_EQ(status_of(client.answer()), 200);
}

TEST(HttpServer, AFaultInOneAnswerIs500AndEndsNothing) {
  Served served({}, small_router());
  RawClient client(served.port());
  client.get("/fault");
  const std::string answer = client.answer();
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(body_of(answer).find(R"({"status":"error","message":")"), 0U) << answer;
  client.get("/hello");
  EXPECT_EQ(status_of(client.answer()), 200);
}

TEST(HttpServer, WhatIsNoRequestIs400AndTheEnd) {
  Served served({}, small_router());
  for (const std::string text :
       {"\x16\x03\x01\x02 tls\r\n\r\n", "GET\r\n\r\n", "GET /hello HTTP/9.9\r\n\r\n",
        "GET /hello HTTP/1.1\r\nbad header\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    RawClient client(served.port());
    client.send(text);
    const std::string answer = client.rest().value_or("it stays open");
    EXPECT_EQ(status_of(answer), 400) << text << answer;
    EXPECT_EQ(body_of(answer).find(R"({"status":"error","message":")"), 0U) << answer;
  }
}

TEST(HttpServer, HugeHeadersAre431) {
  Served served({.header_bytes = 1000}, small_router());
  for (const std::string& text :
       {"GET /" + std::string(2000, 'a'), "GET / HTTP/1.1\r\nA: " + std::string(2000, 'a'), [] {
          std::string many = "GET / HTTP/1.1\r\n";
          while (many.size() < 100000) {
            many += "A: b\r\n";
          }
          return many;
        }()}) {
    RawClient client(served.port());
    client.send(text);
    EXPECT_EQ(status_of(client.rest().value_or("it stays open")), 431);
  }
}

TEST(HttpServer, ABodyIsTakenUpToItsLimit) {
  Served served({.body_bytes = 1000}, small_router());
  RawClient client(served.port());
  client.send(post(1000) + std::string(1000, 'x'));
  EXPECT_EQ(body_of(client.answer()), "1000");
  client.send(post(1001) + std::string(1001, 'x'));
  EXPECT_EQ(status_of(client.rest().value_or("it stays open")), 413);
  RawClient chunked(served.port());
  chunked.send("POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.send("200\r\n" + std::string(512, 'x') + "\r\n200\r\n" + std::string(512, 'x') + "\r\n");
  EXPECT_EQ(status_of(chunked.rest().value_or("it stays open")), 413);
}

TEST(HttpServer, ABodyThatNobodyWantsIsNotWaitedFor) {
  Served served({.access = {.token = "0123456789abcdef"}, .body_timeout = 1h}, small_router());
  const std::string token = "Authorization: Bearer 0123456789abcdef\r\n";
  const auto status_after = [&](const std::string& request) {
    RawClient client(served.port());
    client.send(request);  // of the body nothing comes
    return status_of(client.answer());
  };
  const std::string length = "Host: localhost\r\nContent-Length: 1000\r\n";
  EXPECT_EQ(status_after(post(1000)), 401);
  EXPECT_EQ(status_after(post(1000, "Expect: 100-continue\r\n")), 401);
  EXPECT_EQ(status_after("POST /nothing HTTP/1.1\r\n" + length + token + "\r\n"), 404);
  EXPECT_EQ(status_after("POST /hello HTTP/1.1\r\n" + length + token + "\r\n"), 405);
}

TEST(HttpServer, ABodyThatIsNotReadIsNoNextRequest) {
  Served served({.access = {.token = "0123456789abcdef"}}, small_router());
  RawClient client(served.port());
  const std::string hidden =
      "GET /hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n";
  client.send(post(hidden.size()) + hidden);
  const std::string answer = client.rest().value_or("it stays open");
  EXPECT_EQ(status_of(answer), 401);
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
}

TEST(HttpServer, WhoStillSendsSeesTheAnswer) {
  Served served({.body_bytes = 1000}, small_router());
  RawClient client(served.port());
  client.send(post(900000) + std::string(900000, 'x'));
  EXPECT_EQ(status_of(client.rest().value_or("it stays open")), 413);
}

TEST(HttpServer, SaysContinueToWhoWaitsForIt) {
  Served served({}, small_router());
  RawClient client(served.port());
  client.send(post(3, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(body_of(client.answer()), "3");
}

TEST(HttpServer, WaitsForNobodyWithoutEnd) {
  Served served({.header_timeout = 200ms, .body_timeout = 200ms, .idle_timeout = 200ms},
                small_router());
  RawClient silent(served.port());
  RawClient half(served.port());
  half.send("GET /hello HTTP/1.1\r\nHos");
  RawClient half_body(served.port());
  half_body.send(post(10) + "12345");
  RawClient idle(served.port());
  idle.get("/hello");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half.rest(), "");
  EXPECT_EQ(half_body.rest(), "");
  EXPECT_EQ(status_of(idle.rest().value_or("it stays open")), 200);
}

TEST(HttpServer, AHeaderThatTricklesInHasOneTimeForAllOfIt) {
  Served served({.header_timeout = 300ms, .idle_timeout = 60s}, small_router());
  RawClient client(served.port());
  client.get("/hello");
  EXPECT_EQ(status_of(client.answer()), 200);
  const auto begin = std::chrono::steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\n");
  // Each byte comes well within the time.
  while (!client.rest(50ms)) {
    client.send("a: b\r\n");
    ASSERT_LT(std::chrono::steady_clock::now() - begin, 20s);
  }
}

// Who only waits makes room (Routes.WhoWaitsLongestMakesRoom); these are at work.
TEST(HttpServer, TurnsAwayWhoIsTooMany) {
  const auto topic = std::make_shared<Topic>();
  Router router = small_router();
  router.add_websocket("/live", [&](const Request& /*request*/) {
    return Subscription{.topic = topic, .greeting = nullptr, .dialog = nullptr};
  });
  Served served({.connections = {.all = 2}}, std::move(router));
  auto first = std::make_unique<RawClient>(served.port());
  RawClient second(served.port());
  EXPECT_TRUE(first->open_websocket("/live").starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(second.open_websocket("/live").starts_with("HTTP/1.1 101 "));
  RawClient third(served.port());
  EXPECT_EQ(status_of(third.rest().value_or("it stays open")), 503);
  first.reset();
  while (served.connections() > 1) {
    std::this_thread::yield();
  }
  RawClient fourth(served.port());
  fourth.get("/hello");
  EXPECT_EQ(status_of(fourth.answer()), 200);
}

TEST(HttpServer, NeedsTheTokenForAllPaths) {
  Served served({.access = {.token = "0123456789abcdef"}}, small_router());
  RawClient client(served.port());
  for (const char* const path : {"/hello", "/nothing"}) {
    client.get(path);
    EXPECT_EQ(status_of(client.answer()), 401) << path;
  }
  client.get("/hello", "Authorization: Bearer 0123456789abcdef\r\n");
  EXPECT_EQ(status_of(client.answer()), 200);
}

TEST(HttpServer, AnswersAPreflight) {
  Served served({.access = {.token = "0123456789abcdef", .origins = {"http://page.example"}}},
                small_router());
  RawClient client(served.port());
  client.send(
      "OPTIONS /hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://page.example\r\n"
      "Access-Control-Request-Method: GET\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_NE(answer.find("Access-Control-Allow-Origin: http://page.example\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
}

TEST(HttpServer, ServesAUnixSocket) {
  const test::TempDir dir;
  const auto path = dir / "agent.sock";
  {
    Served served({}, small_router(), "unix:" + path.string());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
    RawClient client(path);
    client.get("/hello");
    EXPECT_EQ(status_of(client.answer()), 200);
    EXPECT_THROW(Served({}, small_router(), "unix:" + path.string()), std::runtime_error);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServer, TakesThePlaceOfASocketThatNobodyServes) {
  const test::TempDir dir;
  const auto path = dir / "agent.sock";
  { const auto left = listen_on_unix_socket(path, 1); }
  ASSERT_TRUE(std::filesystem::exists(path));
  Served served({}, small_router(), "unix:" + path.string());
  RawClient client(path);
  client.get("/hello");
  EXPECT_EQ(status_of(client.answer()), 200);
}

TEST(HttpServer, APortThatIsTakenIsAnErrorThatSaysWhatToDo) {
  Served served({}, small_router());
  try {
    Served second({}, small_router(), "127.0.0.1:" + std::to_string(served.port()));
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("--rest-api-port"), std::string::npos);
  }
}

TEST(HttpServer, SaysItsName) {
  const test::TempDir dir;
  const std::string path = (dir / "agent.sock").string();
  for (const std::string& address : {std::string("127.0.0.1:0"), "unix:" + path}) {
    ListenAddress at = *parse_listen_address(address);
    {
      Served served({.name = "wemol-agent/1", .access = {.token = "0123456789abcdef"}},
                    small_router(), address);
      at.port = served.port();
      EXPECT_EQ(server_name_at(at), "wemol-agent/1");
    }
    EXPECT_EQ(server_name_at(at), "");
  }
}

TEST(HttpServer, StopsThoughClientsAreConnected) {
  Served served({.stop_timeout = 200ms}, small_router());
  RawClient idle(served.port());
  idle.get("/hello");
  EXPECT_EQ(status_of(idle.answer()), 200);
  RawClient silent(served.port());
  RawClient half(served.port());
  half.send("GET /hello HTTP/1.1\r\nHos");
  while (served.connections() < 3) {
    std::this_thread::yield();
  }
  served.stop();
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half.rest(), "");
}

TEST(HttpServer, StopsAtOnceWhereNothingIsUnderWay) {
  Served served({.stop_timeout = 1h}, small_router());
  RawClient idle(served.port());
  idle.get("/hello");
  EXPECT_EQ(status_of(idle.answer()), 200);
  RawClient silent(served.port());
  while (served.connections() < 2) {
    std::this_thread::yield();
  }
  served.stop();
  EXPECT_EQ(idle.rest(), "");
}

}  // namespace
}  // namespace wemol::serve
