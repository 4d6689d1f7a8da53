#include "request_target.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

TEST(RequestTarget, HasPathAndQuery) {
  const auto target = parse_request_target("/api/system/metrics?node_id=gpu-1&x=&y");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/system/metrics");
  EXPECT_EQ(target->query, (Query{{"node_id", "gpu-1"}, {"x", ""}, {"y", ""}}));
}

TEST(RequestTarget, IsDecoded) {
  const auto target = parse_request_target("/a%2Fb%20c+d?n%6fde=a%26b+c&%C3%A4=%e4%bd%a0");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/b c+d");
  EXPECT_EQ(target->query, (Query{{"node", "a&b c"}, {"ä", "你"}}));
}

TEST(RequestTarget, OfANameThatComesTwiceTheFirstCounts) {
  EXPECT_EQ(parse_request_target("/?node_id=a&node_id=b")->query.at("node_id"), "a");
}

TEST(RequestTarget, MayNameTheServer) {
  EXPECT_EQ(parse_request_target("http://localhost:8080/api/health")->path, "/api/health");
  EXPECT_EQ(parse_request_target("http://localhost")->path, "/");
}

TEST(RequestTarget, EndsBeforeAFragment) {
  const auto target = parse_request_target("/a#b?c=d");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a");
  EXPECT_TRUE(target->query.empty());
}

TEST(RequestTarget, RefusesWhatIsNone) {
  for (const char* const text : {"", "*", "api", "/%", "/%2", "/%zz", "/%0a", "/%00", "/%7f",
                                 "/?a=%", "/?%=a", "/?a=%0d%0a", "localhost:443", "/% 1"}) {
    EXPECT_FALSE(parse_request_target(text)) << text;
  }
}

}  // namespace
}  // namespace wemol::serve
