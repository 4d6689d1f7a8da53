#include "unix_http_client.h"

#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
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
  UnixHttpClient client{loop, socket_path, 5s};
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
  UnixHttpClient impatient(loop, socket_path, 50ms);
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
  UnixHttpClient impatient(loop, socket_path, 1000s);
  impatient.set_timeout(50ms);
  bool is_over = false;
  impatient.get("/version", [&](const Result<HttpAnswer>& /*answer*/) { is_over = true; });
  run_until([&] { return is_over; });
}

TEST_F(Http, StreamThatDoesNotBeginTimesOut) {
  const StandInServer server(
      socket_path, [](const StandInConnection& connection) { connection.wait_for_close(); });
  UnixHttpClient impatient(loop, socket_path, 50ms);
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
  UnixHttpClient impatient(loop, socket_path, 1s);
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

TEST_F(Http, ConnectionIsKeptForTheNextQuestion) {
  std::atomic<int> connections = 0;
  const StandInServer server(socket_path, [&](StandInConnection connection) {
    ++connections;
    for (; connection.has_request(); connection = connection.next()) {
      connection.answer_and_stay(connection.first_line());
    }
  });
  for (const std::string target : {"/1", "/2", "/3"}) {
    const auto answer = get(target);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "GET " + target + " HTTP/1.1");
  }
  EXPECT_EQ(connections, 1);
}

TEST_F(Http, QuestionOnAConnectionThatWasClosedMeanwhileIsAskedOnceMore) {
  std::atomic<int> connections = 0;
  const StandInServer server(socket_path, [&](const StandInConnection& connection) {
    ++connections;
    connection.answer_and_stay(connection.first_line());
    (void)connection.next();  // and closes when that has come
  });
  for (const std::string target : {"/1", "/2", "/3"}) {
    const auto answer = get(target);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "GET " + target + " HTTP/1.1");
  }
  EXPECT_EQ(connections, 3);
}

TEST_F(Http, QuestionIsAskedOnceMoreAfterARestartOfTheServer) {
  for (int i = 0; i < 3; ++i) {
    std::filesystem::remove(socket_path);
    const StandInServer server(socket_path, [](const StandInConnection& connection) {
      connection.answer_and_stay("here");
      connection.wait_for_close();
    });
    // Not dispatched in between: the client hears of the end when it asks.
    const auto answer = get("/version");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "here");
  }
}

TEST_F(Http, QuestionOnANewConnectionIsNotAskedTwice) {
  std::atomic<int> connections = 0;
  const StandInServer server(socket_path,
                             [&](const StandInConnection& /*connection*/) { ++connections; });
  const auto answer = get("/version");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            socket_path.string() + ": the other side closed the connection without an answer");
  EXPECT_EQ(connections, 1);
}

TEST_F(Http, ConnectionWhoseAnswerIsCutOffIsNotAskedTwice) {
  std::atomic<int> connections = 0;
  const StandInServer server(socket_path, [&](const StandInConnection& connection) {
    ++connections;
    connection.answer_and_stay("whole");
    connection.next().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  EXPECT_EQ(get("/1").value().body, "whole");
  const auto cut_off = get("/2");
  ASSERT_FALSE(cut_off);
  EXPECT_EQ(
      cut_off.error().message,
      socket_path.string() + ": the other side closed the connection before the end of its answer");
  EXPECT_EQ(connections, 1);
}

TEST_F(Http, NothingIsAskedOnAConnectionThatSaysMoreThanItsAnswer) {
  std::atomic<int> connections = 0;
  const StandInServer server(socket_path, [&](const StandInConnection& connection) {
    ++connections;
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Stale\r\n\r\n");
    connection.wait_for_close();
  });
  EXPECT_EQ(get("/1").value().status, 200);
  EXPECT_EQ(get("/2").value().status, 200);
  EXPECT_EQ(connections, 2);
}

TEST_F(Http, ThreeQuestionsAreOnTheirWayAtATimeInTheirOrder) {
  std::mutex lock;
  std::vector<std::string> seen;
  std::atomic<bool> may_answer = false;
  const StandInServer server(socket_path, [&](const StandInConnection& connection) {
    {
      const std::lock_guard hold(lock);
      seen.push_back(connection.first_line().substr(5, 1));
    }
    for (int waits = 0; !may_answer && waits < 10000; ++waits) {
      std::this_thread::sleep_for(1ms);
    }
    connection.answer("200 OK", "");
  });
  const auto seen_now = [&] {
    const std::lock_guard hold(lock);
    return seen;
  };
  std::size_t answers = 0;
  for (const char* target : {"/1", "/2", "/3", "/4", "/5"}) {
    client.get(target, [&](const Result<HttpAnswer>& /*answer*/) { ++answers; });
  }
  // Nothing that the loop would wake up for tells that they have arrived.
  for (int waits = 0; seen_now().size() < 3 && waits < 1000; ++waits) {
    loop.run_until([] { return false; }, loop.now() + 10ms);
  }
  loop.run_until([] { return false; }, loop.now() + 50ms);
  auto first = seen_now();
  std::ranges::sort(first);
  EXPECT_EQ(first, (std::vector<std::string>{"1", "2", "3"}));
  may_answer = true;
  run_until([&] { return answers == 5; });
  EXPECT_EQ(seen_now().size(), 5U);
}

TEST_F(Http, AnswersOfAnyFormAreTaken) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    const std::string target = connection.first_line();
    if (target.find("/chunked") != std::string::npos) {
      connection.begin_stream();
      connection.send_chunk("in ");
      connection.send_chunk("chunks");
      connection.send_chunk("");
    } else if (target.find("/until-close") != std::string::npos) {
      connection.send("HTTP/1.0 200 OK\r\n\r\nuntil close");
    } else if (target.find("/interim") != std::string::npos) {
      connection.send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n");
      connection.answer("200 OK", "after interim ones");
    } else {
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      connection.wait_for_close();
    }
  });
  EXPECT_EQ(get("/chunked").value().body, "in chunks");
  EXPECT_EQ(get("/until-close").value().body, "until close");
  EXPECT_EQ(get("/interim").value().body, "after interim ones");
  EXPECT_EQ(get("/none").value().status, 204);
}

TEST_F(Http, GarbageIsAnErrorThatNamesTheSocket) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.send("SSH-2.0-OpenSSH_9.2p1 Debian\r\n");
    connection.wait_for_close();
  });
  const auto answer = get("/version");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().message.starts_with(socket_path.string() + ": the answer is not HTTP"))
      << answer.error().message;
}

TEST_F(Http, AnswerOfMoreThan64MibIsAnError) {
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    const std::string mib(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 65; ++i) {
      connection.send_chunk(mib);
    }
    connection.wait_for_close();
  });
  const auto answer = get("/containers/json");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, socket_path.string() + ": the answer is larger than 64 MiB");
}

TEST_F(Http, StreamMayBringMoreThanAnAnswerMayHave) {
  constexpr std::size_t kMibs = 70;
  const StandInServer server(socket_path, [](const StandInConnection& connection) {
    connection.begin_stream();
    const std::string mib(std::size_t{1} << 20, 'x');
    for (std::size_t i = 0; i < kMibs; ++i) {
      connection.send_chunk(mib);
    }
    connection.send_chunk("");
  });
  std::size_t bytes = 0;
  std::string why_closed;
  client.stream("/events", {.opened = [] {},
                            .received = [&](std::string_view piece) { bytes += piece.size(); },
                            .closed = [&](const Error& error) { why_closed = error.message; }});
  run_until([&] { return !why_closed.empty(); });
  EXPECT_EQ(bytes, kMibs << 20);
  EXPECT_NE(why_closed.find("closed the stream"), std::string::npos) << why_closed;
}

TEST_F(Http, PathThatIsTooLongForASocketIsNamed) {
  const std::string path = "/" + std::string(200, 'x');
  UnixHttpClient far(loop, path, 5s);
  std::optional<Result<HttpAnswer>> result;
  far.get("/version", [&](Result<HttpAnswer> answer) { result = std::move(answer); });
  EXPECT_FALSE(result) << "nobody is called back from within the call";
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().message,
            path + ": the path has 201 bytes, that of a socket may have 107");
  EXPECT_EQ(result->error().code, ENAMETOOLONG);
}

TEST_F(Http, SocketThatMayNotBeUsedIsNamedInTheError) {
  const StandInServer server(
      socket_path, [](const StandInConnection& connection) { connection.answer("200 OK", ""); });
  chmod(socket_path.c_str(), 0);
  constexpr uid_t kNobody = 65534;
  const int self = setfsuid(kNobody);  // which takes root's right to everything too
  const auto answer = get("/version");
  setfsuid(static_cast<uid_t>(self));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, socket_path.string() + ": Permission denied");
  EXPECT_EQ(answer.error().code, EACCES);
}

/// A server that accepts nobody until it is told to, with as many connections waiting as may.
class BusyServer {
 public:
  explicit BusyServer(const std::filesystem::path& path)
      : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    path.string().copy(address_.sun_path, sizeof(address_.sun_path) - 1);
    if (bind(listener_.get(), generic(), sizeof(address_)) != 0 ||
        listen(listener_.get(), 0) != 0) {
      throw std::runtime_error("cannot listen at " + path.string());
    }
    for (;;) {
      UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (connect(fd.get(), generic(), sizeof(address_)) != 0) {
        return;
      }
      waiting_.push_back(std::move(fd));
    }
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Accepts those that wait, and answers the one that comes then.
  void serve() const {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      (void)UniqueFd(accept(listener_.get(), nullptr, nullptr));
    }
    const UniqueFd fd(accept(listener_.get(), nullptr, nullptr));
    StandInConnection(fd.get()).answer("200 OK", "at last");
  }

 private:
  [[nodiscard]] const sockaddr* generic() const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
    return reinterpret_cast<const sockaddr*>(&address_);
  }
  UniqueFd listener_;
  sockaddr_un address_{};
  std::vector<UniqueFd> waiting_;
};

TEST_F(Http, ServerThatAcceptsTooSlowlyIsTriedAgain) {
  const BusyServer server(socket_path);
  ASSERT_GT(server.waiting(), 0U);
  std::optional<Result<HttpAnswer>> result;
  client.get("/version", [&](Result<HttpAnswer> answer) { result = std::move(answer); });
  loop.run_until([&] { return result.has_value(); }, loop.now() + 100ms);
  EXPECT_FALSE(result);
  std::thread serving([&] { server.serve(); });
  run_until([&] { return result.has_value(); });
  serving.join();
  ASSERT_TRUE(*result) << result->error().message;
  EXPECT_EQ((*result)->body, "at last");
}

TEST_F(Http, ServerThatAcceptsNobodyTimesOut) {
  const BusyServer server(socket_path);
  UnixHttpClient impatient(loop, socket_path, 100ms);
  std::optional<Result<HttpAnswer>> result;
  impatient.get("/version", [&](Result<HttpAnswer> answer) { result = std::move(answer); });
  run_until([&] { return result.has_value(); });
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().message,
            socket_path.string() + ": timed out: no connection accepted for 0.1 s");
  EXPECT_EQ(result->error().code, EAGAIN);
}

TEST_F(Http, WhatWaitsForAConnectionCanBeGivenUp) {
  const BusyServer server(socket_path);
  bool is_answered = false;
  client.get("/version", [&](const Result<HttpAnswer>& /*answer*/) { is_answered = true; });
  client.cancel_all();
  loop.run_until([&] { return is_answered; }, loop.now() + 100ms);
  EXPECT_FALSE(is_answered);
}

TEST_F(Http, EverythingMayBeGivenUpWhenAnAnswerOrAnErrorComes) {
  for (const bool is_served : {true, false}) {
    std::optional<StandInServer> server;
    if (is_served) {
      std::filesystem::remove(socket_path);
      server.emplace(socket_path,
                     [](const StandInConnection& connection) { connection.answer("200 OK", "x"); });
    }
    int calls = 0;
    for (int i = 0; i < 5; ++i) {
      client.get("/version", [&](const Result<HttpAnswer>& answer) {
        ++calls;
        EXPECT_EQ(answer.has_value(), is_served);
        client.cancel_all();
      });
    }
    run_until([&] { return calls > 0; });
    loop.run_until([&] { return calls > 1; }, loop.now() + 50ms);
    EXPECT_EQ(calls, 1);
  }
}

TEST_F(Http, ServerThatStopsWhileAConnectionIsIdleLeavesNoDescriptorOpen) {
  const auto open_descriptors = [] {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                 std::filesystem::directory_iterator());
  };
  const auto before = open_descriptors();
  {
    const StandInServer server(socket_path, [](const StandInConnection& connection) {
      connection.answer_and_stay("here");
      connection.wait_for_close();
    });
    EXPECT_EQ(get("/version").value().body, "here");
  }
  run_until([&] { return open_descriptors() == before; });
}

}  // namespace
}  // namespace wemol
