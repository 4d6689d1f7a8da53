#include "control_server.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "unix_socket.h"

namespace wemol::queue {
namespace {

constexpr std::chrono::seconds kPatience{20};

/// On the loop's own thread, so it never waits.
class Client {
 public:
  explicit Client(const std::filesystem::path& state_dir) {
    const auto folder = SocketFolder::open(state_dir);
    auto socket = connect_to_unix_socket(folder.value().short_path());
    fd_ = std::move(socket.value());
  }

  /// As much as the socket takes now.
  std::size_t say(std::string_view text) const {
    const ssize_t count = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  /// Takes what is there: whether the server has closed.
  bool is_over() {
    std::array<char, 65536> buffer{};
    while (true) {
      const ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count <= 0) {
        return count == 0 || errno == ECONNRESET || errno == EPIPE;
      }
      heard_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  [[nodiscard]] const std::string& heard() const { return heard_; }
  void leave() { fd_.reset(); }

 private:
  UniqueFd fd_;
  std::string heard_;
};

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    auto opened = ControlServer::open(
        loop_, dir_.path(), [this](const Request& request, ControlServer::ConnectionId from) {
          requests_.push_back(request);
          last_ = from;
          if (answers_) {
            server_->answer(from, answer_);
          }
        });
    EXPECT_TRUE(opened);
    server_ = std::move(opened.value());
  }

  bool eventually(const std::function<bool()>& holds) {
    loop_.run_until(holds, loop_.now() + kPatience);
    return holds();
  }
  std::string answer_to(std::string_view line) {
    Client client(dir_.path());
    client.say(line);
    EXPECT_TRUE(eventually([&] { return client.is_over(); }));
    return client.heard();
  }

  test::TempDir dir_;
  EventLoop loop_{EventLoop::Host::somebody_elses};
  std::unique_ptr<ControlServer> server_;
  std::vector<Request> requests_;
  ControlServer::ConnectionId last_ = 0;
  std::string answer_ = R"({"done":"x"})";
  bool answers_ = true;
};

TEST_F(ControlServerTest, ALineGetsALineAndTheConnectionEnds) {
  EXPECT_EQ(answer_to("{\"action\":\"hold\",\"queue\":\"1\"}\n"), answer_ + "\n");
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].queue, "1");
  EXPECT_TRUE(server_->is_idle());
}

TEST_F(ControlServerTest, ALineMayComeInPiecesAndWhatFollowsIsNotTaken) {
  Client client(dir_.path());
  for (const char c : std::string("{\"action\":\"wait\"}\n{\"action\":\"status\"}\n")) {
    client.say(std::string_view(&c, 1));
    (void)eventually([&, turns = 0]() mutable { return ++turns > 1 || client.is_over(); });
  }
  EXPECT_TRUE(eventually([&] { return client.is_over(); }));
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].action, Request::Action::wait);
}

TEST_F(ControlServerTest, HalfALineAsksNothing) {
  Client client(dir_.path());
  client.say(R"({"action":"status"})");
  EXPECT_EQ(answer_to("{\"action\":\"wait\"}\n"), answer_ + "\n") << "others are served meanwhile";
  EXPECT_FALSE(server_->is_idle());
  client.leave();
  EXPECT_TRUE(eventually([&] { return server_->is_idle(); }));
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(ControlServerTest, WhatIsNoRequestIsRefusedAndNotHandedOn) {
  EXPECT_NE(answer_to("nonsense\n").find("\"error\""), std::string::npos);
  EXPECT_NE(answer_to("\n").find("\"error\""), std::string::npos);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ControlServerTest, ALineThatIsTooLongIsRefusedWithoutItsEnd) {
  Client client(dir_.path());
  const std::string piece(65536, 'x');
  std::size_t said = 0;
  EXPECT_TRUE(eventually([&] {
    said += client.say(piece);
    return client.is_over();
  }));
  EXPECT_EQ(client.heard(), "{\"error\":\"the request is longer than 1 MiB\"}\n");
  EXPECT_GT(said, ControlConnection::kMostRequestBytes);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ControlServerTest, AClientThatReadsSlowlyGetsAllAndHoldsNobody) {
  answer_ = std::string(8 << 20, 'a');
  Client slow(dir_.path());
  slow.say("{\"action\":\"wait\"}\n");
  ASSERT_TRUE(eventually([&] { return !requests_.empty(); }));
  const std::string whole = std::exchange(answer_, "{}");
  EXPECT_EQ(answer_to("{\"action\":\"wait\"}\n"), "{}\n");
  EXPECT_FALSE(server_->is_idle());
  EXPECT_TRUE(eventually([&] { return slow.is_over(); }));
  EXPECT_TRUE(slow.heard() == whole + "\n") << slow.heard().size();
}

TEST_F(ControlServerTest, BeyondTheBoundAConnectionIsClosed) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < ControlServer::kMostConnections; ++i) {
    clients.emplace_back(dir_.path());
    clients.back().say("{");
    (void)eventually([turns = 0]() mutable { return ++turns > 2; });
  }
  Client refused(dir_.path());
  EXPECT_TRUE(eventually([&] { return refused.is_over(); }));
  EXPECT_EQ(refused.heard(), "");
  clients.pop_back();
  EXPECT_FALSE(clients.front().is_over()) << "those who were there stay";
  std::string answer;
  EXPECT_TRUE(eventually([&] {
    answer = answer_to("{\"action\":\"wait\"}\n");
    return !answer.empty();
  })) << "there is room again";
  EXPECT_EQ(answer, answer_ + "\n");
}

TEST_F(ControlServerTest, AnAnswerMayComeLaterOrNotAtAll) {
  answers_ = false;
  Client patient(dir_.path());
  patient.say("{\"action\":\"wait\"}\n");
  ASSERT_TRUE(eventually([&] { return last_ != 0; }));
  const auto first = last_;
  EXPECT_TRUE(server_->is_there(first));
  EXPECT_FALSE(patient.is_over());
  Client leaving(dir_.path());
  leaving.say("{\"action\":\"wait\"}\n");
  ASSERT_TRUE(eventually([&] { return last_ != first; }));
  leaving.leave();
  EXPECT_TRUE(eventually([&] { return !server_->is_there(last_); }));
  server_->answer(last_, "{}");  // it is gone
  server_->answer(first, "{}");
  EXPECT_TRUE(eventually([&] { return patient.is_over(); }));
  EXPECT_EQ(patient.heard(), "{}\n");
}

TEST_F(ControlServerTest, TheSocketIsItsOwnersAndGoesWithTheServer) {
  const auto socket = dir_ / "control.sock";
  EXPECT_EQ(std::filesystem::status(socket).permissions(), std::filesystem::perms(0600));
  EXPECT_FALSE(ControlServer::open(loop_, dir_.path(), {})) << "it is served already";
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(socket));
}

}  // namespace
}  // namespace wemol::queue
