#include "api_version.h"

#include <string>

#include <gtest/gtest.h>

#include "engine_messages.h"

namespace wemol::engine {
namespace {

std::string version_answer(const std::string& release, const std::string& newest,
                           const std::string& oldest) {
  return R"({"Platform":{"Name":"Docker Engine - Community"},"Version":")" + release +
         R"(","ApiVersion":")" + newest + R"(","MinAPIVersion":")" + oldest +
         R"(","Os":"linux","Arch":"amd64","Components":[{"Name":"Engine"}]})";
}

Result<ApiVersion> common_with(const std::string& answer) {
  const auto engine = parse_version(answer);
  return engine ? common_version(*engine) : tl::make_unexpected(engine.error());
}

TEST(ApiVersions, NewestThatBothKnowIsSpoken) {
  struct Engine {
    const char* release;
    const char* newest;
    const char* oldest;
    const char* prefix;
  };
  // As these engines say of themselves.
  for (const Engine& engine :
       {Engine{"20.10.24+dfsg1", "1.41", "1.12", "/v1.41"},
        Engine{"23.0.6", "1.42", "1.12", "/v1.42"}, Engine{"24.0.9", "1.43", "1.12", "/v1.43"},
        Engine{"25.0.5", "1.44", "1.24", "/v1.44"}, Engine{"26.1.4", "1.45", "1.24", "/v1.45"},
        Engine{"27.5.1", "1.47", "1.24", "/v1.47"}, Engine{"28.3.0", "1.51", "1.24", "/v1.51"},
        Engine{"29.0.0", "1.52", "1.44", "/v1.52"}, Engine{"99.0.0", "1.99", "1.50", "/v1.55"},
        Engine{"99.0.0", "2.0", "1.55", "/v1.55"}}) {
    const auto version = common_with(version_answer(engine.release, engine.newest, engine.oldest));
    ASSERT_TRUE(version) << engine.release << ": " << version.error().message;
    EXPECT_EQ(prefix_of(*version), engine.prefix) << engine.release;
  }
}

TEST(ApiVersions, EngineThatIsTooOldIsToBeUpdated) {
  const auto version = common_with(version_answer("19.03.15", "1.40", "1.12"));
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, kNoCommonVersion);
  EXPECT_EQ(version.error().message,
            "version 19.03.15 speaks no newer API than 1.40, and 1.41 is the oldest that this "
            "recorder knows: update the engine to 20.10 or later, or record with --source "
            "docker-cli");
}

TEST(ApiVersions, EngineThatIsTooNewNeedsANewerRecorder) {
  const auto version = common_with(version_answer("40.0.0", "1.80", "1.60"));
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, kNoCommonVersion);
  EXPECT_EQ(version.error().message,
            "version 40.0.0 speaks no older API than 1.60, and 1.55 is the newest that this "
            "recorder knows: update wemol-recorder, or record with --source docker-cli");
}

TEST(ApiVersions, EngineThatNamesNoOldestVersionRefusesNone) {
  const auto version = common_with(R"({"ApiVersion":"1.60"})");
  ASSERT_TRUE(version);
  EXPECT_EQ(*version, kNewestKnown);
}

TEST(ApiVersions, WhatTellsNoVersionIsNoEngine) {
  for (const char* text :
       {"", "OK", "[]", "{}", R"({"ApiVersion":141})", R"({"ApiVersion":"1"})",
        R"({"ApiVersion":"1.x"})", R"({"ApiVersion":".41"})", R"({"ApiVersion":"-1.41"})",
        R"({"ApiVersion":"1.41.2"})", R"({"ApiVersion":"1.99999999999999999999"})"}) {
    const auto engine = parse_version(text);
    ASSERT_FALSE(engine) << text;
    EXPECT_EQ(engine.error().code, kNoEngine);
  }
}

TEST(ApiVersions, ReleaseIsFitForTheLog) {
  const auto engine =
      parse_version("{\"ApiVersion\":\"1.1\",\"Version\":\"1\\n2" + std::string(500, 'x') + "\"}");
  ASSERT_TRUE(engine);
  EXPECT_TRUE(engine->release.starts_with("1 2xxx")) << engine->release;
  EXPECT_LE(engine->release.size(), 43U);
}

}  // namespace
}  // namespace wemol::engine
