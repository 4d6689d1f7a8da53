#include "snapshot_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

/// Whoever connects to the socket.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    is_connected_ =
        connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  void leave() { fd_.reset(); }
  void say(const std::string& text) const {
    EXPECT_EQ(send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  /// What can be read now. False when the other side has closed.
  bool read_all() {
    std::vector<char> buffer(1 << 16);
    while (true) {
      const ssize_t count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        return count < 0 && errno == EAGAIN;
      }
      text_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  [[nodiscard]] std::vector<Json> lines() const {
    std::vector<Json> lines;
    std::size_t begin = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos;
         end = text_.find('\n', begin)) {
      lines.push_back(Json::parse(text_.substr(begin, end - begin)));
      begin = end + 1;
    }
    return lines;
  }

 private:
  UniqueFd fd_;
  bool is_connected_ = false;
  std::string text_;
};

Snapshot snapshot_of(std::string task_id, std::size_t name_length = 0) {
  Snapshot snapshot;
  snapshot.samples.push_back({.task = {.type = "gpu", .task_id = std::move(task_id), .job_id = "2"},
                              .container_id = std::string(64, 'a'),
                              .container_name = "wemol_rc_task_gpu_1_2_3",
                              .module_name = std::string(name_length, 'm'),
                              .stats = {.cpu_percent = 12.5, .memory_used_bytes = 1U << 20},
                              .gpus = std::nullopt});
  return snapshot;
}

class SnapshotSocketTest : public testing::Test {
 protected:
  void open(SnapshotSocket::Bounds bounds = {}) {
    socket_ = std::make_unique<SnapshotSocket>(loop_, path_, bounds);
  }
  /// What it says in a round when it is to serve `path`; empty: nothing is wrong.
  std::string trouble_at(const std::filesystem::path& path) {
    const Conditions conditions = SnapshotSocket(loop_, path, {}).write({});
    return conditions.empty() ? "" : conditions.front().message;
  }
  void write(const Snapshot& snapshot) { EXPECT_TRUE(socket_->write(snapshot).empty()); }
  void settle() {
    loop_.run_until([] { return false; }, loop_.now() + 20ms);
  }
  void read_until(Reader& reader, std::size_t lines) {
    loop_.run_until(
        [&] {
          reader.read_all();
          return reader.lines().size() >= lines;
        },
        loop_.now() + 10s);
  }

  test::TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "snapshots.sock";
  EventLoop loop_;
  std::unique_ptr<SnapshotSocket> socket_;
};

TEST_F(SnapshotSocketTest, EachRoundIsALineForEverySubscriber) {
  open();
  Reader one(path_);
  Reader other(path_);
  settle();
  write(snapshot_of("7"));
  write({});
  for (Reader* reader : {&one, &other}) {
    read_until(*reader, 2);
    const auto lines = reader->lines();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0]["version"], 1);
    EXPECT_EQ(lines[0]["type"], "snapshot");
    const Json& task = lines[0]["tasks"].at(0);
    EXPECT_EQ(task["task_id"], "7");
    EXPECT_EQ(task["cpu_percent"], 12.5);
    EXPECT_EQ(task["memory_used_bytes"], 1U << 20);
    EXPECT_TRUE(task["memory_limit_bytes"].is_null());
    EXPECT_TRUE(task["gpus"].is_null());
    EXPECT_EQ(lines[1]["tasks"], Json::array());
  }
}

TEST_F(SnapshotSocketTest, GroupMembersMayConnectAndNobodyElse) {
  open();
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(SnapshotSocketTest, ASlowReaderLosesItsOldestAndIsTold) {
  constexpr std::size_t kRounds = 40;
  constexpr std::size_t kLarge = std::size_t{256} << 10;  // more than a socket's buffer holds
  open({.kept_lines = 4});
  Reader reader(path_);
  settle();
  for (std::size_t i = 1; i <= kRounds; ++i) {
    write(snapshot_of(std::to_string(i), kLarge));
  }
  loop_.run_until(
      [&] {
        reader.read_all();
        const auto lines = reader.lines();
        return !lines.empty() && lines.back()["type"] == "snapshot" &&
               lines.back()["tasks"][0]["task_id"] == std::to_string(kRounds);
      },
      loop_.now() + 10s);
  std::size_t next = 1;
  std::size_t lost = 0;
  for (const Json& line : reader.lines()) {
    if (line["type"] == "lost") {
      lost += line["rounds"].get<std::size_t>();
      next += line["rounds"].get<std::size_t>();
    } else {
      EXPECT_EQ(line["tasks"][0]["task_id"], std::to_string(next++));
    }
  }
  EXPECT_EQ(next, kRounds + 1);
  EXPECT_GE(lost, kRounds - 8);
}

TEST_F(SnapshotSocketTest, WhatItKeepsForASlowReaderIsBoundedInBytes) {
  open({.kept_lines = 1000, .kept_bytes = 1 << 20});
  Reader reader(path_);
  settle();
  for (int i = 0; i < 64; ++i) {
    write(snapshot_of(std::to_string(i), std::size_t{256} << 10));
  }
  read_until(reader, 4);
  loop_.run_until(
      [&] {
        return reader.read_all() && reader.lines().back()["type"] == "snapshot" &&
               reader.lines().back()["tasks"][0]["task_id"] == "63";
      },
      loop_.now() + 10s);
  EXPECT_LE(reader.lines().size(), 10U);
}

TEST_F(SnapshotSocketTest, WhoLeavesDisturbsNobody) {
  open();
  Reader leaving(path_);
  Reader staying(path_);
  settle();
  leaving.leave();
  write(snapshot_of("1"));
  settle();
  write(snapshot_of("2"));
  read_until(staying, 2);
  EXPECT_EQ(staying.lines().size(), 2U);
}

TEST_F(SnapshotSocketTest, WhatSubscribersSayIsDropped) {
  open();
  Reader reader(path_);
  settle();
  reader.say(std::string(100'000, 'x'));
  settle();
  write(snapshot_of("1"));
  read_until(reader, 1);
  EXPECT_EQ(reader.lines().size(), 1U);
}

TEST_F(SnapshotSocketTest, OneSubscriberTooManyIsClosed) {
  open({.subscribers = 1});
  Reader first(path_);
  settle();
  Reader second(path_);
  settle();
  write(snapshot_of("1"));
  read_until(first, 1);
  EXPECT_EQ(first.lines().size(), 1U);
  EXPECT_FALSE(second.read_all());
}

TEST_F(SnapshotSocketTest, TakesThePlaceOfASocketThatNobodyServes) {
  open();
  const auto kept = dir_.path() / "kept";
  std::filesystem::rename(path_, kept);
  socket_.reset();
  std::filesystem::rename(kept, path_);  // as after a kill
  open();
  EXPECT_TRUE(Reader(path_).is_connected());
}

TEST_F(SnapshotSocketTest, LeavesAloneWhatIsNotItsOwn) {
  open();
  EXPECT_NE(trouble_at(path_).find("another program serves it"), std::string::npos);
  EXPECT_TRUE(Reader(path_).is_connected());

  const auto file = dir_.path() / "file";
  test::write_text(file, "text");
  EXPECT_NE(trouble_at(file).find("no socket"), std::string::npos);
  EXPECT_EQ(test::read_text(file), "text");

  EXPECT_NE(trouble_at(dir_.path() / std::string(200, 'x')), "");
  EXPECT_NE(trouble_at(dir_.path() / "none" / "socket"), "");
}

TEST_F(SnapshotSocketTest, ServesAsSoonAsItCan) {
  path_ = dir_.path() / "later" / "socket";
  open();
  EXPECT_EQ(socket_->write({}).size(), 1U);
  std::filesystem::create_directory(path_.parent_path());
  EXPECT_TRUE(socket_->write({}).empty());
  EXPECT_TRUE(Reader(path_).is_connected());
}

TEST_F(SnapshotSocketTest, IsMadeAnewWhenSomebodyRemovesIt) {
  open();
  std::filesystem::remove(path_);
  EXPECT_TRUE(socket_->write({}).empty());
  EXPECT_TRUE(Reader(path_).is_connected());
}

TEST_F(SnapshotSocketTest, ASocketOfAnotherIsNotRemovedAtTheEnd) {
  open();
  std::filesystem::remove(path_);
  const SnapshotSocket other(loop_, path_, {});
  socket_.reset();
  EXPECT_TRUE(Reader(path_).is_connected());
}

TEST_F(SnapshotSocketTest, TellsWhetherAnybodyHasSubscribed) {
  std::vector<bool> told;
  socket_ = std::make_unique<SnapshotSocket>(loop_, path_, SnapshotSocket::Bounds{},
                                             [&](bool is) { told.push_back(is); });
  Reader first(path_);
  Reader second(path_);
  settle();
  EXPECT_EQ(told, std::vector<bool>{true});
  first.leave();
  settle();
  EXPECT_EQ(told, std::vector<bool>{true});
  second.leave();
  settle();
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

TEST_F(SnapshotSocketTest, TheSocketGoesWithIt) {
  open();
  socket_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace wemol
