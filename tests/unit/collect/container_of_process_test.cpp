#include <gtest/gtest.h>

#include "process_attributor.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::fixture;

const std::string kInner = "692a83ba6462fb62d7a71ec007f4c2b5d92cd69550e09315d9ae5e4567b86400";
const std::string kOuter(64, 'a');

bool any(std::string_view /*id*/) {
  return true;
}

class CgroupForm : public testing::TestWithParam<const char*> {};

TEST_P(CgroupForm, GivesTheContainer) {
  const auto id = container_in_cgroup(fixture("proc_cgroup/" + std::string(GetParam())), any);
  EXPECT_EQ(id, kInner);
}

INSTANTIATE_TEST_SUITE_P(All, CgroupForm,
                         testing::Values("v1_cgroupfs.txt", "v2_systemd.txt", "v2_rootless.txt",
                                         "v2_k8s.txt", "v2_podman.txt", "v2_dind.txt"));

TEST(Cgroup, GivesTheContainerUnderAParentOfTheUsersOwn) {
  EXPECT_EQ(container_in_cgroup(fixture("proc_cgroup/v1_custom_parent.txt"), any),
            "2f6c4198e63bdc7efacd0bf7b585bff451013a852c7c5a7c4928343e62ae6c30");
}

TEST(Cgroup, OfNestedContainersTakesTheDeepestThatTheEngineKnows) {
  const std::string text = fixture("proc_cgroup/v2_dind.txt");
  EXPECT_EQ(container_in_cgroup(text, [](std::string_view id) { return id == kOuter; }), kOuter);
  EXPECT_EQ(container_in_cgroup(text, [](std::string_view id) { return id == kInner; }), kInner);
}

TEST(Cgroup, ProcessOutsideOfContainersHasNone) {
  EXPECT_FALSE(container_in_cgroup(fixture("proc_cgroup/v2_private_ns.txt"), any));
  EXPECT_FALSE(container_in_cgroup("0::/user.slice/user-1000.slice/session-2.scope\n", any));
  EXPECT_FALSE(container_in_cgroup("", any));
  EXPECT_FALSE(container_in_cgroup("nonsense\n", any));
}

TEST(Cgroup, LongerAndShorterRunsOfHexDigitsAreNoIds) {
  EXPECT_FALSE(container_in_cgroup("0::/docker/" + kInner + "0\n", any));
  EXPECT_FALSE(container_in_cgroup("0::/docker/" + kInner.substr(1) + "\n", any));
}

TEST(Cgroup, UnknownContainerIsNone) {
  EXPECT_FALSE(container_in_cgroup(fixture("proc_cgroup/v2_systemd.txt"),
                                   [](std::string_view) { return false; }));
}

}  // namespace
}  // namespace wemol
