#include "card_look.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

#include "process_table.h"
#include "temp_dir.h"

namespace wemol::queue {
namespace {

/// A process of another user, or of this one, that does nothing.
class Sleeper {
 public:
  explicit Sleeper(uid_t user) : pid_(fork()) {
    if (pid_ == 0) {
      _exit(setuid(user) == 0 ? (pause(), 0) : 1);
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] std::uint64_t pid() const { return static_cast<std::uint64_t>(pid_); }

 private:
  pid_t pid_;
};

class CardLookTest : public testing::Test {
 protected:
  CardLookTest() {
    readings.devices =
        std::vector<GpuDevice>{{.index = 0,
                                .uuid = "GPU-a",
                                .name = "A100",
                                .memory_total_bytes = 80,
                                .memory_free_bytes = 70},
                               {.index = 1, .uuid = "GPU-b", .name = "A100"},
                               {.index = 2, .uuid = "AMD-0c", .name = "MI250"},
                               {.index = 3, .uuid = "0000:83:00.0", .name = "AMD GPU"}};
    readings.processes.emplace();
  }

  [[nodiscard]] std::vector<Card> look(const CardQuestion& question = {}) const {
    const auto answer = make_card_look(readings, question, locks, {});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->look.cards : std::vector<Card>();
  }
  void use(const std::string& uuid, std::uint64_t pid) {
    readings.processes->push_back({.pid = pid, .gpu_uuid = uuid});
  }

  test::TempDir dir;
  CardLocks locks{dir / "locks"};
  GpuReadings readings;
};

TEST_F(CardLookTest, TellsWhatTheDriversSay) {
  const auto cards = look();
  ASSERT_EQ(cards.size(), 4U);
  EXPECT_EQ(cards[0].memory_total_bytes, 80U);
  EXPECT_EQ(cards[0].memory_free_bytes, 70U);
  EXPECT_FALSE(cards[1].memory_free_bytes) << "unknown is not 0";
  EXPECT_EQ(cards[0].visible_as, "0");
  EXPECT_EQ(cards[1].visible_as, "1");
  EXPECT_EQ(cards[2].visible_as, "GPU-0c") << "as AMD's runtime names it";
  EXPECT_EQ(cards[3].visible_as, "1") << "the second of AMD's";
  EXPECT_FALSE(cards[1].is_amd);
  EXPECT_TRUE(cards[2].is_amd && cards[3].is_amd);
}

TEST_F(CardLookTest, KeepsTheIndexOfTheHostUnderAMask) {
  const auto cards = look({.choice = {.visible_devices = "1"}});
  ASSERT_EQ(cards.size(), 1U);
  EXPECT_EQ(cards[0].visible_as, "1");
}

TEST_F(CardLookTest, AnInstanceIsACardOfItsOwnAndAllAreNamedByUuidBesideIt) {
  readings.devices->insert(readings.devices->begin() + 1, {.index = 0,
                                                           .uuid = "MIG-1",
                                                           .name = "A100 MIG 1g.10gb",
                                                           .memory_total_bytes = 10,
                                                           .memory_free_bytes = 9});
  readings.divided = {"GPU-a"};
  use("MIG-1", static_cast<std::uint64_t>(getpid()));
  const auto cards = look();
  ASSERT_EQ(cards.size(), 4U);
  EXPECT_EQ(cards[0].uuid, "MIG-1");
  EXPECT_EQ(cards[0].visible_as, "MIG-1");
  EXPECT_TRUE(cards[0].is_instance);
  EXPECT_FALSE(cards[0].is_amd);
  EXPECT_EQ(cards[0].memory_free_bytes, 9U);
  EXPECT_EQ(cards[0].own_foreign_processes, 1U);
  EXPECT_EQ(cards[1].visible_as, "GPU-b") << "CUDA counts otherwise";
  EXPECT_FALSE(cards[1].is_instance);
  EXPECT_EQ(cards[3].visible_as, "1") << "the second of AMD's";
}

TEST_F(CardLookTest, TellsOwnProcessesFromThoseOfATry) {
  const Sleeper foreign(getuid());
  use("GPU-a", foreign.pid());
  use("GPU-b", static_cast<std::uint64_t>(getpid()));
  use("GPU-a", 4'000'000'000);  // has ended meanwhile
  EXPECT_EQ(look()[0].own_foreign_processes, 1U);
  EXPECT_EQ(look()[1].own_foreign_processes, 1U);
  // As if this process were the keeper: what it has started is of the try.
  const CardQuestion question{.tries = {{.keeper = this_process(), .cards = {"GPU-a"}}}};
  EXPECT_EQ(look(question)[0].own_foreign_processes, 0U);
  ProcessId gone = this_process();
  --gone.start_ticks;
  EXPECT_EQ(look({.tries = {{.keeper = gone}}})[0].own_foreign_processes, 1U)
      << "a pid that is used again is no keeper";
}

TEST_F(CardLookTest, NamesOtherUsersOnce) {
  if (getuid() != 0) {
    GTEST_SKIP() << "only root can be two users";
  }
  const Sleeper one(65534);
  const Sleeper two(65534);
  const Sleeper unknown(54321);
  for (const Sleeper* sleeper : {&one, &two, &unknown}) {
    const auto folder = "/proc/" + std::to_string(sleeper->pid());
    for (int i = 0; i < 1000 && std::filesystem::exists(folder); ++i) {
      struct stat status {};
      if (stat(folder.c_str(), &status) == 0 && status.st_uid != 0) {
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    use("GPU-b", sleeper->pid());
  }
  const auto cards = look();
  EXPECT_EQ(cards[1].other_users, (std::vector<std::string>{"54321", "nobody"}));
  EXPECT_EQ(cards[1].own_foreign_processes, 0U);
  EXPECT_TRUE(cards[0].other_users.empty());
}

TEST_F(CardLookTest, TellsCardsThatOthersHold) {
  const CardLocks others(dir / "locks");
  const auto held = others.lock("GPU-b");
  const auto ours = others.lock("GPU-a");
  ASSERT_TRUE(held && ours);
  const auto cards = look({.tries = {{.keeper = this_process(), .cards = {"GPU-a"}}}});
  EXPECT_FALSE(cards[0].is_locked_by_other) << "our keeper holds it";
  EXPECT_TRUE(cards[1].is_locked_by_other);
  EXPECT_FALSE(cards[2].is_locked_by_other);
}

TEST_F(CardLookTest, WhatIsUnknownIsNoLook) {
  readings.conditions.push_back({.key = "nvml", .message = "the driver hangs"});
  auto answer = make_card_look(readings, {}, locks, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->warnings, std::vector<std::string>{"the driver hangs"});
  readings.processes.reset();
  answer = make_card_look(readings, {}, locks, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "the processes on the cards cannot be read; the driver hangs");
  readings.devices.reset();
  EXPECT_FALSE(make_card_look(readings, {}, locks, {}));
}

TEST_F(CardLookTest, AHostWithoutCardsIsALook) {
  readings.devices->clear();
  EXPECT_TRUE(look().empty());
}

}  // namespace
}  // namespace wemol::queue
