#include "page_routes.h"

#include <string>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

std::string location_of(const serve::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (serve::is_same_header(name, "Location")) {
      return value;
    }
  }
  return {};
}

TEST(PageRoutes, TheBasePathWithoutItsSlashLeadsToTheOneWithIt) {
  serve::Router router;
  add_page(router, "/gpu");
  const auto bare = router.answer({.method = "GET", .target = {.path = "/gpu"}});
  EXPECT_EQ(bare.status, 308U);
  EXPECT_EQ(location_of(bare), "/gpu/");
  EXPECT_EQ(router.answer({.method = "GET", .target = {.path = "/"}}).status, 200U);
}

}  // namespace
}  // namespace wemol::hub
