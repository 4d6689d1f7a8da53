#include "user_names.h"

#include <pwd.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "gate.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow(1h);

TEST(UserNames, AreThoseOfTheUserDatabase) {
  UserNames names;
  names.look_up({0, 4000000000}, kNow);
  EXPECT_EQ(names.name_of(0), "root");
  EXPECT_EQ(names.name_of(4000000000), "4000000000") << "there is none";
  EXPECT_EQ(names.name_of(77777), "77777") << "was not asked for";
}

TEST(UserNames, DirectoryThatHangsLeavesNumbersUntilItAnswers) {
  const test::Gate gate;
  UserNames names([gate](std::uint32_t user_id) {
    if (user_id == 1) {
      gate.pass();
    }
    return std::optional("user" + std::to_string(user_id));
  });
  names.look_up({1, 2}, kNow);
  EXPECT_EQ(names.name_of(1), "1");
  gate.open();
  while (names.name_of(1) != "user1" || names.name_of(2) != "user2") {
    names.look_up({1, 2}, kNow);
    std::this_thread::yield();
  }
}

TEST(UserNames, AreAskedForAgainAfterAWhileAndKeptWhileTheDirectoryIsAway) {
  auto directory = std::make_shared<std::optional<std::string>>("old");
  UserNames names([directory](std::uint32_t /*user_id*/) { return *directory; });
  const auto name_at = [&](SteadyTime now) {
    do {
      names.look_up({5}, now);
    } while (names.is_waiting());
    return names.name_of(5);
  };
  EXPECT_EQ(name_at(kNow), "old");
  *directory = "new";
  EXPECT_EQ(name_at(kNow + UserNames::kLastsFor - 1s), "old");
  EXPECT_EQ(name_at(kNow + UserNames::kLastsFor), "new");
  *directory = std::nullopt;
  EXPECT_EQ(name_at(kNow + 2 * UserNames::kLastsFor), "new");
}

}  // namespace
}  // namespace wemol
