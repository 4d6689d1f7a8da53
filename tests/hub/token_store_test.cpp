#include "token_store.h"

#include <sys/stat.h>

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "secret.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::hub {
namespace {

class HubTokenStore : public testing::Test {
 protected:
  HubTokenStore() { begin_secrets(); }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "tokens.json";
};

TEST_F(HubTokenStore, ATokenSpeaksForItsOwnHost) {
  TokenStore store(file_);
  EXPECT_FALSE(store.accepts("a", ""));
  const auto first = store.enroll("a");
  const auto second = store.enroll("b");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->size(), 43U);
  EXPECT_TRUE(store.accepts("a", *first));
  EXPECT_TRUE(store.accepts("b", *second));
  EXPECT_FALSE(store.accepts("a", *second));
  EXPECT_FALSE(store.accepts("c", *first));
  EXPECT_FALSE(store.accepts("a", first->substr(1)));
  EXPECT_FALSE(store.accepts("a", hash_of_secret(*first)));
  EXPECT_EQ(store.hosts(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(store.host_of(*first), "a");
  EXPECT_EQ(store.host_of(*second), "b");
  EXPECT_EQ(store.host_of(""), std::nullopt);
  EXPECT_EQ(store.host_of(hash_of_secret(*first)), std::nullopt);
  EXPECT_TRUE(store.has("a"));
  EXPECT_FALSE(store.has("c"));
}

TEST_F(HubTokenStore, OnlyItsHashIsOnTheDiskAndForNobodyElse) {
  TokenStore store(file_);
  const std::string token = *store.enroll("a");
  const std::string text = test::read_text(file_);
  EXPECT_EQ(text.find(token), std::string::npos);
  EXPECT_NE(text.find(hash_of_secret(token)), std::string::npos);
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(HubTokenStore, AnotherEnrollmentTakesThePlaceOfTheFirst) {
  TokenStore store(file_);
  const std::string old = *store.enroll("a");
  const std::string token = *store.enroll("a");
  EXPECT_FALSE(store.accepts("a", old));
  EXPECT_TRUE(store.accepts("a", token));
  EXPECT_TRUE(*store.revoke("a"));
  EXPECT_FALSE(*store.revoke("a"));
  EXPECT_FALSE(store.accepts("a", token));
  EXPECT_EQ(store.host_of(token), std::nullopt);
}

TEST_F(HubTokenStore, TheServiceSeesWhatACommandHasDone) {
  TokenStore service(file_);
  ASSERT_TRUE(service.refresh());
  const std::string token = *TokenStore(file_).enroll("a");
  EXPECT_FALSE(service.accepts("a", token));
  ASSERT_TRUE(service.refresh());
  EXPECT_TRUE(service.accepts("a", token));
  ASSERT_TRUE(*TokenStore(file_).revoke("a"));
  ASSERT_TRUE(service.refresh());
  EXPECT_FALSE(service.accepts("a", token));
}

TEST_F(HubTokenStore, ChangesAtTheSameTimeAreAllKept) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 5; ++j) {
        EXPECT_TRUE(TokenStore(file_).enroll("host" + std::to_string(i * 10 + j)));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  TokenStore store(file_);
  ASSERT_TRUE(store.refresh());
  EXPECT_EQ(store.hosts().size(), 40U);
}

TEST_F(HubTokenStore, AFileThatIsNoneOrOpenToOthersChangesNothing) {
  TokenStore store(file_);
  const std::string token = *store.enroll("a");
  for (const char* const text :
       {"x", "{}", R"({"version":2,"tokens":{}})", R"({"version":1,"tokens":{"<b>":"x"}})",
        R"({"version":1,"tokens":{"a":1}})"}) {
    test::write_text(file_, text);
    const auto refreshed = store.refresh();
    ASSERT_FALSE(refreshed) << text;
    EXPECT_TRUE(refreshed.error().message.starts_with(file_.string())) << refreshed.error().message;
    EXPECT_TRUE(store.accepts("a", token)) << text;
    EXPECT_FALSE(store.enroll("b")) << text;
    EXPECT_EQ(test::read_text(file_), text);
  }
  test::write_text(file_, R"({"version":1,"tokens":{}})");
  std::filesystem::permissions(file_, std::filesystem::perms(0640));
  const auto refreshed = store.refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_NE(refreshed.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(HubTokenStore, ADraftThatACrashHasLeftGetsItsMode) {
  test::write_text(file_.string() + ".new", "half");
  std::filesystem::permissions(file_.string() + ".new", std::filesystem::perms(0644));
  ASSERT_TRUE(TokenStore(file_).enroll("a"));
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(HubTokenStore, RefusesANameThatIsNone) {
  EXPECT_FALSE(TokenStore(file_).enroll("a b"));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST(HubSecret, AreNeverTheSame) {
  begin_secrets();
  std::set<std::string> all;
  for (int i = 0; i < 1'000; ++i) {
    all.insert(random_secret());
  }
  EXPECT_EQ(all.size(), 1'000U);
  EXPECT_TRUE(is_same_secret("abc", "abc"));
  EXPECT_FALSE(is_same_secret("abc", "abd"));
  EXPECT_FALSE(is_same_secret("abc", "ab"));
  // BLAKE2b-256 of "abc".
  EXPECT_EQ(hash_of_secret("abc"),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

}  // namespace
}  // namespace wemol::hub
