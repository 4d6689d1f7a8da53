#include "management_answer.h"

#include <gtest/gtest.h>

#include "management_token.h"

namespace wemol::report::daily {
namespace {

TEST(HttpDate, IsReadAsGmt) {
  EXPECT_EQ(parse_http_date("Fri, 01 Aug 2025 00:00:00 GMT"), 1754006400);
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199);
  for (const char* const text :
       {"", "2025-08-01", "Fri, 32 Aug 2025 00:00:00 GMT", "Sat, 29 Feb 2025 00:00:00 GMT",
        "Fri, 01 Aug 2025 24:00:00 GMT", "Fri, 01 Aug 2025 00:00 GMT",
        "Fri, 01 Aug 2025 00:00:00 CST", "Fri, 01 Foo 2025 00:00:00 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(TokenExpiry, IsReadFromTheClaims) {
  EXPECT_EQ(expiry_of_token("eyJhbGciOiJub25lIn0.eyJleHAiOjE3NTQwMDY0MDB9.c2ln"), 1754006400);
  EXPECT_EQ(expiry_of_token("opaque"), std::nullopt);
  EXPECT_EQ(expiry_of_token("a.b.c"), std::nullopt);
  EXPECT_EQ(expiry_of_token("e30.e30.e30"), std::nullopt) << "no exp";
}

TEST(IndicesBeyond, AreTakenOffAndSaid) {
  std::vector<TaskUse> tasks(1);
  tasks[0].cards = {{.index = 7, .id = "8"}, {.index = 8, .id = "9"}, {.id = "x"}};
  std::vector<std::string> warnings;
  drop_indices_beyond(8, "n1", tasks, warnings);
  EXPECT_EQ(tasks[0].cards[0].index, 7U);
  EXPECT_EQ(tasks[0].cards[1].index, std::nullopt);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "GPU id 9 is none of n1, which has 8 cards");
}

}  // namespace
}  // namespace wemol::report::daily
