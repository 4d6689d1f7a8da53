#include "curl_http_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "stand_in_server.h"
#include "temp_dir.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::StandInConnection;
using test::StandInServer;

class Http : public testing::Test {
 protected:
  struct Stream {
    int opened = 0;
    std::vector<std::string> pieces;
    std::optional<std::string> closed;
    [[nodiscard]] std::string text() const {
      std::string all;
      for (const std::string& piece : pieces) {
        all += piece;
      }
      return all;
    }
  };

  void run_until(const std::function<bool()>& done) {
    loop.run_until(done, loop.now() + 10s);
    EXPECT_TRUE(done()) << "within 10 s";
  }
  /// The whole answer.
  Result<HttpAnswer> get(const std::string& target) {
    std::optional<Result<HttpAnswer>> result;
    client.get(target, [&](Result<HttpAnswer> answer) { result = std::move(answer); });
    EXPECT_FALSE(result) << "nobody is called back from within the call";
    run_until([&] { return result.has_value(); });
    return result.value_or(failure("none"));
  }
  void open_stream(Stream& stream) {
    client.stream("/events",
                  {.opened = [&] { ++stream.opened; },
                   .received = [&](std::string_view piece) { stream.pieces.emplace_back(piece); },
                   .closed = [&](const Error& error) { stream.closed = error.message; }});
    EXPECT_FALSE(stream.closed);
  }

  test::TempDir dir;
  std::filesystem::path socket_path = dir / "engine.sock";
  EventLoop loop;
  CurlHttpClient client{loop, socket_path, 5s};
};

TEST_F(Http, GivesTheAnswerToTheTarget) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("200 OK", "you said " + connection.first_line());
  });
  for (const std::string target : {"/containers/json", "/events?filters=%7B%22"}) {
    const auto answer = get(target);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "you said GET " + target + " HTTP/1.1");
  }
}

TEST_F(Http, OtherStatusIsAnAnswerAndHasItsBody) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("404 Not Found", R"({"message":"No such container"})");
  });
  const auto answer = get("/containers/x/json");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, R"({"message":"No such container"})");
}

TEST_F(Http, TimeOfAQuestionRunsFromWhenItIsSent) {
  constexpr std::size_t kQuestions = 60;  // one after the other they take 4 times the timeout
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    std::this_thread::sleep_for(100ms);
    connection.answer("200 OK", connection.first_line());
  });
  client.set_timeout(500ms);
  std::vector<std::string> answers;
  std::size_t failures = 0;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    client.get("/" + std::to_string(i), [&](const Result<HttpAnswer>& answer) {
      failures += answer ? 0U : 1U;
      answers.push_back(answer ? answer->body : answer.error().message);
    });
  }
  run_until([&] { return answers.size() == kQuestions; });
  EXPECT_EQ(failures, 0U) << answers.back();
}

TEST_F(Http, QuestionsThatWaitAreGivenUpWithTheOthers) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("200 OK", connection.first_line());
  });
  int answers = 0;
  for (int i = 0; i < 20; ++i) {
    client.get("/old", [&](const Result<HttpAnswer>&) { ++answers; });
  }
  client.cancel_all();
  EXPECT_EQ(get("/new")->body, "GET /new HTTP/1.1");
  EXPECT_EQ(answers, 0);
}

TEST_F(Http, MoreQuestionsThanConnectionsAreAllAnswered) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("200 OK", connection.first_line());
  });
  constexpr std::size_t kQuestions = 20;
  std::vector<std::string> bodies(kQuestions);
  std::size_t done = 0;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    client.get("/" + std::to_string(i), [&, i](const Result<HttpAnswer>& answer) {
      bodies[i] = answer ? answer->body : answer.error().message;
      ++done;
    });
  }
  run_until([&] { return done == kQuestions; });
  for (std::size_t i = 0; i < kQuestions; ++i) {
    EXPECT_EQ(bodies[i], "GET /" + std::to_string(i) + " HTTP/1.1");
  }
}

TEST_F(Http, QuestionMayBeAskedFromACallback) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("200 OK", connection.first_line());
  });
  std::string second;
  client.get("/1", [&](const Result<HttpAnswer>& /*first*/) {
    client.get("/2", [&](const Result<HttpAnswer>& answer) {
      second = answer ? answer->body : answer.error().message;
    });
  });
  run_until([&] { return !second.empty(); });
  EXPECT_EQ(second, "GET /2 HTTP/1.1");
}

TEST_F(Http, StreamIsOpenBeforeItsFirstPieceAndComesInPieces) {
  std::atomic<int> allowed = 0;
  const auto wait_for = [&](int step) {
    for (int waits = 0; allowed < step && waits < 10000; ++waits) {
      std::this_thread::sleep_for(1ms);
    }
  };
  const StandInServer server(socket_path, [&](const StandInConnection& connection) {
    connection.begin_stream();
    wait_for(1);
    connection.send_chunk("one\ntw");
    wait_for(2);
    connection.send_chunk("o\n");
    connection.wait_for_close();
  });
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.opened == 1; });
  EXPECT_EQ(stream.text(), "");
  allowed = 1;
  run_until([&] { return stream.text() == "one\ntw"; });
  allowed = 2;
  run_until([&] { return stream.text() == "one\ntwo\n"; });
  EXPECT_EQ(stream.opened, 1);
  EXPECT_FALSE(stream.closed);
  client.cancel_all();
}

TEST_F(Http, QuestionsAreAnsweredWhileAStreamIsOpen) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    if (connection.first_line().find("/events") != std::string::npos) {
      connection.begin_stream();
      connection.wait_for_close();
    } else {
      connection.answer("200 OK", "list");
    }
  });
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.opened == 1; });
  EXPECT_EQ(get("/containers/json").value().body, "list");
  EXPECT_FALSE(stream.closed);
  client.cancel_all();
}

TEST_F(Http, StreamThatTheServerClosesIsClosedAfterItsLastPiece) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    connection.send_chunk("last\n");
    connection.send_chunk("");
  });
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.closed.has_value(); });
  EXPECT_EQ(stream.opened, 1);
  EXPECT_EQ(stream.text(), "last\n");
  EXPECT_NE(stream.closed->find(socket_path.string()), std::string::npos);
  EXPECT_NE(stream.closed->find("closed the stream"), std::string::npos);
}

TEST_F(Http, StreamThatBreaksOffIsClosed) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    connection.send("5\r\nab");
  });
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.closed.has_value(); });
  EXPECT_EQ(stream.text(), "ab");
}

TEST_F(Http, StreamOfAnotherStatusIsNeverOpenAndClosedWithTheText) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("500 Internal Server Error", "too busy");
  });
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.closed.has_value(); });
  EXPECT_EQ(stream.opened, 0);
  EXPECT_TRUE(stream.pieces.empty());
  EXPECT_NE(stream.closed->find("HTTP status 500: too busy"), std::string::npos);
}

TEST_F(Http, MissingSocketIsNamedInTheError) {
  const auto answer = get("/version");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, socket_path.string() + ": No such file or directory");
  EXPECT_EQ(answer.error().code, ENOENT);
  Stream stream;
  open_stream(stream);
  run_until([&] { return stream.closed.has_value(); });
  EXPECT_EQ(*stream.closed, socket_path.string() + ": No such file or directory");
}

TEST_F(Http, SocketThatNobodyServesIsNamedInTheError) {
  {
    const StandInServer ended(socket_path, [](const StandInConnection& /*connection*/) {});
  }
  ASSERT_TRUE(std::filesystem::exists(socket_path));
  const auto answer = get("/version");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, socket_path.string() + ": Connection refused");
  EXPECT_EQ(answer.error().code, ECONNREFUSED);
}

TEST_F(Http, ServerThatClosesWithoutAnAnswerIsAnError) {
  const StandInServer server(socket_path, [](const StandInConnection& /*connection*/) {});
  const auto answer = get("/version");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().message.starts_with(socket_path.string() + ": "));
}

TEST_F(Http, ServerThatNeverAnswersTimesOut) {
  const StandInServer server(
      socket_path, [](const StandInConnection& connection) { connection.wait_for_close(); });
  CurlHttpClient impatient(loop, socket_path, 50ms);
  std::optional<Result<HttpAnswer>> result;
  impatient.get("/version", [&](Result<HttpAnswer> answer) { result = std::move(answer); });
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_NE(result->error().message.find("timed out"), std::string::npos)
      << result->error().message;
}

TEST_F(Http, TimeoutMayBeChanged) {
  const StandInServer server(
      socket_path, [](const StandInConnection& connection) { connection.wait_for_close(); });
  CurlHttpClient impatient(loop, socket_path, 1000s);
  impatient.set_timeout(50ms);
  bool is_over = false;
  impatient.get("/version", [&](const Result<HttpAnswer>& /*answer*/) { is_over = true; });
  run_until([&] { return is_over; });
}

TEST_F(Http, StreamThatDoesNotBeginTimesOut) {
  const StandInServer server(
      socket_path, [](const StandInConnection& connection) { connection.wait_for_close(); });
  CurlHttpClient impatient(loop, socket_path, 50ms);
  std::string why_closed;
  int opened = 0;
  impatient.stream("/events", {.opened = [&] { ++opened; },
                               .received = [](std::string_view /*piece*/) {},
                               .closed = [&](const Error& error) { why_closed = error.message; }});
  run_until([&] { return !why_closed.empty(); });
  EXPECT_EQ(why_closed, socket_path.string() + ": no answer for 0.1 s");
  EXPECT_EQ(opened, 0);
}

TEST_F(Http, StreamThatHasBegunHasNoTimeout) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    std::this_thread::sleep_for(1200ms);
    connection.send_chunk("late");
    connection.wait_for_close();
  });
  CurlHttpClient impatient(loop, socket_path, 1s);
  std::string text;
  bool is_closed = false;
  impatient.stream("/events", {.opened = [] {},
                               .received = [&](std::string_view piece) { text += piece; },
                               .closed = [&](const Error& /*error*/) { is_closed = true; }});
  run_until([&] { return text == "late" || is_closed; });
  EXPECT_FALSE(is_closed);
}

TEST_F(Http, WhatWasGivenUpCallsNobodyBack) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    if (connection.first_line().find("/next") != std::string::npos) {
      connection.answer("200 OK", "next");
    } else {
      connection.wait_for_close();
    }
  });
  Stream stream;
  open_stream(stream);
  bool is_answered = false;
  client.get("/version", [&](const Result<HttpAnswer>& /*answer*/) { is_answered = true; });
  client.cancel_all();
  EXPECT_EQ(get("/next").value().body, "next") << "and it goes on with what is asked then";
  EXPECT_FALSE(is_answered);
  EXPECT_FALSE(stream.closed);
}

TEST_F(Http, EverythingMayBeGivenUpFromACallback) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    connection.send_chunk("piece");
    connection.wait_for_close();
  });
  int calls = 0;
  client.stream("/events", {.opened = [&] { ++calls; },
                            .received =
                                [&](std::string_view /*piece*/) {
                                  ++calls;
                                  client.cancel_all();
                                },
                            .closed = [&](const Error& /*error*/) { calls += 100; }});
  run_until([&] { return calls >= 2; });
  EXPECT_EQ(calls, 2);
}

/// Sets a variable of the environment for as long as it lives.
class Environment {
 public:
  explicit Environment(std::string name) : name_(std::move(name)) {
    setenv(name_.c_str(), "http://127.0.0.1:9", 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { unsetenv(name_.c_str()); }

 private:
  std::string name_;
};

TEST_F(Http, ProxyOfTheEnvironmentIsIgnored) {
  const Environment lower_case("http_proxy");
  const Environment of_all("all_proxy");
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.answer("200 OK", connection.first_line());
  });
  const auto answer = get("/version");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "GET /version HTTP/1.1");
}

}  // namespace
}  // namespace wemol
