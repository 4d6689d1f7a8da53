#include <string>

#include <gtest/gtest.h>

#include "cookie.h"
#include "login_guard.h"
#include "password.h"
#include "secret.h"
#include "sessions.h"
#include "temp_dir.h"
#include "text_file.h"
#include "user_store.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

TEST(HubPassword, IsHashedWithArgon2id) {
  begin_secrets();
  const auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=32768,t=3,p=1$")) << *hash;
  EXPECT_NE(*hash, *hash_password("correct horse"));
  EXPECT_TRUE(is_password("correct horse", *hash));
  EXPECT_FALSE(is_password("correct horsf", *hash));
  EXPECT_FALSE(is_password("", *hash));
}

TEST(HubPassword, OfNobodyFitsNothing) {
  begin_secrets();
  EXPECT_FALSE(is_password("the password of nobody", ""));
  EXPECT_FALSE(is_password("", "not a hash"));
}

TEST(HubPassword, HasALength) {
  EXPECT_FALSE(hash_password("1234567"));
  EXPECT_FALSE(hash_password(std::string(1025, 'x')));
}

TEST(HubUserStore, TellsWhosePasswordHasChanged) {
  begin_secrets();
  test::TempDir dir;
  UserStore service(dir / "users.json");
  ASSERT_TRUE(service.refresh());
  EXPECT_TRUE(service.empty());
  UserStore command(dir / "users.json");
  ASSERT_TRUE(command.set_password("admin", "password 1"));
  ASSERT_TRUE(command.set_password("li@example.org", "password 2"));
  EXPECT_EQ(*service.refresh(), std::vector<std::string>());
  EXPECT_TRUE(is_password("password 1", service.hash_of("admin")));
  EXPECT_EQ(service.hash_of("nobody"), "");
  ASSERT_TRUE(command.set_password("admin", "password 3"));
  EXPECT_EQ(*service.refresh(), std::vector<std::string>{"admin"});
  EXPECT_FALSE(is_password("password 1", service.hash_of("admin")));
  EXPECT_TRUE(*command.remove("li@example.org"));
  EXPECT_FALSE(*command.remove("li@example.org"));
  EXPECT_EQ(*service.refresh(), std::vector<std::string>{"li@example.org"});
  EXPECT_FALSE(command.set_password("", "password 1"));
  EXPECT_FALSE(command.set_password("a b", "password 1"));
  EXPECT_FALSE(command.set_password("admin", "short"));
}

TEST(HubUserStore, DamageIsAnError) {
  test::TempDir dir;
  for (const char* const text : {"{", R"({"version":1})", R"({"version":1,"users":{"a":""}})",
                                 R"({"version":1,"users":[]})"}) {
    test::write_text(dir / "users.json", text);
    std::filesystem::permissions(dir / "users.json", std::filesystem::perms(0600));
    EXPECT_FALSE(UserStore(dir / "users.json").refresh()) << text;
  }
}

TEST(HubSessions, BelongToAUserUntilTheyEnd) {
  begin_secrets();
  Sessions sessions;
  const NewSession session = sessions.open("admin", kNow);
  EXPECT_NE(session.id, session.csrf);
  EXPECT_EQ(sessions.user_of(session.id, kNow), "admin");
  EXPECT_EQ(sessions.user_of("", kNow), std::nullopt);
  EXPECT_EQ(sessions.user_of(session.id + "x", kNow), std::nullopt);
  EXPECT_TRUE(sessions.is_csrf_token(session.id, session.csrf));
  EXPECT_FALSE(sessions.is_csrf_token(session.id, ""));
  EXPECT_FALSE(sessions.is_csrf_token(session.id, session.id));
  EXPECT_FALSE(sessions.is_csrf_token("x", session.csrf));
  EXPECT_EQ(sessions.csrf_token(session.id), session.csrf);
  sessions.close(session.id);
  EXPECT_EQ(sessions.user_of(session.id, kNow), std::nullopt);
  EXPECT_EQ(sessions.csrf_token(session.id), "");
}

TEST(HubSessions, EndWhenTheyAreIdleOrOld) {
  begin_secrets();
  Sessions sessions({.idle = 24h, .longest = 72h});
  const NewSession session = sessions.open("admin", kNow);
  EXPECT_TRUE(sessions.user_of(session.id, kNow + 24h));
  EXPECT_TRUE(sessions.user_of(session.id, kNow + 48h));
  EXPECT_TRUE(sessions.user_of(session.id, kNow + 72h));
  EXPECT_FALSE(sessions.user_of(session.id, kNow + 72h + 1s));
  const NewSession idle = sessions.open("admin", kNow);
  EXPECT_FALSE(sessions.user_of(idle.id, kNow + 24h + 1s));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(HubSessions, OfAUserEndTogetherAndAreBounded) {
  begin_secrets();
  Sessions sessions({.most = 3});
  const NewSession first = sessions.open("a", kNow);
  const NewSession second = sessions.open("b", kNow + 1s);
  (void)sessions.open("a", kNow + 2s);
  EXPECT_TRUE(sessions.user_of(first.id, kNow + 3s));
  (void)sessions.open("c", kNow + 4s);
  EXPECT_FALSE(sessions.user_of(second.id, kNow + 4s));
  EXPECT_EQ(sessions.size(), 3U);
  sessions.close_all("a");
  EXPECT_EQ(sessions.size(), 1U);
}

TEST(HubLoginGuard, WhoGuessesWaitsLongerEachTime) {
  LoginGuard guard;
  SteadyTime now = kNow;
  const auto wait_after_failure = [&] {
    now += guard.wait("10.0.0.1", "", now);
    guard.failed("10.0.0.1", "u" + std::to_string(now.time_since_epoch().count()), now);
    return guard.wait("10.0.0.1", "", now);
  };
  EXPECT_EQ(wait_after_failure(), 0s);
  EXPECT_EQ(wait_after_failure(), 0s);
  EXPECT_EQ(wait_after_failure(), 1s);
  EXPECT_EQ(wait_after_failure(), 2s);
  EXPECT_EQ(wait_after_failure(), 4s);
  for (int i = 0; i < 20; ++i) {
    EXPECT_LE(wait_after_failure(), 15min);
  }
  EXPECT_EQ(guard.wait("10.0.0.1", "", now), 15min);
  EXPECT_EQ(guard.wait("10.0.0.2", "", now), 0s);
  EXPECT_EQ(guard.wait("10.0.0.1", "", now + 15min), 0s);
  // An hour of peace.
  now += 2h;
  EXPECT_EQ(wait_after_failure(), 0s);
}

TEST(HubLoginGuard, ANameThatIsGuessedFromEverywhereWaitsAFewSeconds) {
  LoginGuard guard;
  for (int i = 0; i < 100; ++i) {
    guard.failed("10.0.1." + std::to_string(i), "admin", kNow);
  }
  EXPECT_EQ(guard.wait("10.9.9.9", "admin", kNow), 5s);
  EXPECT_EQ(guard.wait("10.9.9.9", "other", kNow), 0s);
  guard.succeeded("10.9.9.9", "admin");
  EXPECT_EQ(guard.wait("10.9.9.9", "admin", kNow), 0s);
}

TEST(HubLoginGuard, ANetworkOfIPv6IsOne) {
  LoginGuard guard;
  for (int i = 0; i < 5; ++i) {
    guard.failed("2001:db8:1:2::" + std::to_string(i), "u" + std::to_string(i), kNow);
  }
  EXPECT_EQ(guard.wait("2001:db8:1:2:ffff::1", "", kNow), 4s);
  EXPECT_EQ(guard.wait("2001:db8:1:3::1", "", kNow), 0s);
  guard.failed("::ffff:10.0.0.1", "x", kNow);
  guard.failed("10.0.0.1", "y", kNow);
  guard.failed("::ffff:10.0.0.1", "z", kNow);
  EXPECT_EQ(guard.wait("10.0.0.1", "", kNow), 1s);
}

TEST(HubLoginGuard, OnesOwnPasswordDoesNotPayForGuesses) {
  LoginGuard guard;
  for (int i = 0; i < 10; ++i) {
    guard.failed("10.0.0.1", "victim" + std::to_string(i), kNow);
    guard.succeeded("10.0.0.1", "attacker");
  }
  guard.failed("10.0.0.1", "victim", kNow);
  EXPECT_GE(guard.wait("10.0.0.1", "", kNow), 2s);
}

TEST(HubLoginGuard, IsBounded) {
  LoginGuard guard;
  for (int i = 0; i < 10'500; ++i) {
    guard.failed("10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256),
                 std::string(1'000, 'x') + std::to_string(i), kNow + std::chrono::milliseconds(i));
  }
  // The newest is known, the first is forgotten.
  for (int i = 0; i < 2; ++i) {
    guard.failed("10.1.41.3", "u", kNow + 25s);
  }
  EXPECT_GT(guard.wait("10.1.41.3", "", kNow + 25s), 0s);
}

TEST(HubCookie, IsForThePageOnly) {
  EXPECT_EQ(session_cookie("abc", "/", false),
            "wemol_hub_session=abc; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(session_cookie("abc", "/gpus", true),
            "wemol_hub_session=abc; Path=/gpus; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(session_cookie("", "/", false),
            "wemol_hub_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(HubCookie, IsFoundAmongOthers) {
  EXPECT_EQ(cookie_value("a=1; wemol_hub_session=xyz;b=2", kSessionCookie), "xyz");
  EXPECT_EQ(cookie_value("wemol_hub_session=x=y", kSessionCookie), "x=y");
  EXPECT_EQ(cookie_value("xwemol_hub_session=1", kSessionCookie), "");
  EXPECT_EQ(cookie_value("wemol_hub_session=1; wemol_hub_session=2", kSessionCookie), "");
  EXPECT_EQ(cookie_value("", kSessionCookie), "");
  EXPECT_EQ(cookie_value(";;=;", kSessionCookie), "");
}

}  // namespace
}  // namespace wemol::hub
