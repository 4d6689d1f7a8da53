#include <gtest/gtest.h>

#include "host_tree.h"
#include "memory_files.h"

namespace wemol::host {
namespace {

TEST(Meminfo, IsInBytes) {
  const MemoryFacts facts = parse_meminfo(
      "MemTotal:       24683620 kB\nMemFree:         1000 kB\nMemAvailable:   20000000 kB\n"
      "SwapCached:            5 kB\nSwapTotal:       4194300 kB\nSwapFree:        4194296 kB\n");
  EXPECT_EQ(facts.total_bytes, 24683620ULL * 1024);
  EXPECT_EQ(facts.available_bytes, 20000000ULL * 1024);
  EXPECT_EQ(facts.swap_total_bytes, 4194300ULL * 1024);
  EXPECT_EQ(facts.swap_free_bytes, 4194296ULL * 1024);
  EXPECT_FALSE(facts.cgroup_limit_bytes);
}

TEST(Meminfo, WhatIsNotThereIsAbsent) {
  const MemoryFacts facts = parse_meminfo("MemTotal: 18446744073709551615 kB\nMemFree: 1 kB\n");
  EXPECT_FALSE(facts.total_bytes);
  EXPECT_FALSE(facts.available_bytes);
  EXPECT_FALSE(facts.swap_total_bytes);
}

class OwnLimit : public testing::Test {
 protected:
  static constexpr std::uint64_t kHostBytes = 64ULL << 30;

  void use_version_2(const std::string& own_group) const {
    tree.write("proc/self/mountinfo", "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    tree.write("proc/self/cgroup", "0::" + own_group + "\n");
    tree.write("sys/fs/cgroup/cgroup.procs", "");  // the root has no limit of its own
  }
  void add_group_of_version_2(const std::string& path, const std::string& limit,
                              const std::string& current) const {
    const std::string folder = "sys/fs/cgroup" + path + "/";
    tree.write(folder + "cgroup.procs", "");
    tree.write_line(folder + "memory.max", limit);
    tree.write_line(folder + "memory.current", current);
    tree.write(folder + "memory.stat", "anon 1\ninactive_file 1000\n");
  }
  [[nodiscard]] MemoryFacts read() const {
    MemoryFacts facts;
    facts.total_bytes = kHostBytes;
    OwnMemoryLimit::find(tree.root()).read(facts);
    return facts;
  }

  test::HostTree tree;
};

TEST_F(OwnLimit, OfVersion2) {
  use_version_2("/system.slice/agent.service");
  add_group_of_version_2("/system.slice", "max", "5000000");
  add_group_of_version_2("/system.slice/agent.service", "1073741824", "3000");
  EXPECT_EQ(read().cgroup_limit_bytes, 1073741824U);
  EXPECT_EQ(read().cgroup_used_bytes, 2000U);  // without the cache that nothing has used lately
}

TEST_F(OwnLimit, OfAGroupAboveHoldsToo) {
  use_version_2("/slurm/job_7/step_0");
  add_group_of_version_2("/slurm", "max", "1");
  add_group_of_version_2("/slurm/job_7", "2147483648", "9000");
  add_group_of_version_2("/slurm/job_7/step_0", "max", "3000");
  EXPECT_EQ(read().cgroup_limit_bytes, 2147483648U);
  EXPECT_EQ(read().cgroup_used_bytes, 8000U);
}

TEST_F(OwnLimit, IsFoundAboveAGroupWithoutAccounts) {
  use_version_2("/job/leaf");
  add_group_of_version_2("/job", "2147483648", "9000");
  tree.write("sys/fs/cgroup/job/leaf/cgroup.procs", "");
  EXPECT_EQ(read().cgroup_limit_bytes, 2147483648U);
}

TEST_F(OwnLimit, NoneIsAbsent) {
  use_version_2("/system.slice");
  add_group_of_version_2("/system.slice", "max", "5000000");
  EXPECT_FALSE(read().cgroup_limit_bytes);
  EXPECT_FALSE(read().cgroup_used_bytes);
}

TEST_F(OwnLimit, OfVersion1AsAContainerSeesIt) {
  tree.write("proc/self/mountinfo",
             "35 31 0:32 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  tree.write("proc/self/cgroup", "4:memory:/docker/ab\n0::/\n");
  const std::string folder = "sys/fs/cgroup/memory/";
  tree.write(folder + "cgroup.procs", "");
  tree.write_line(folder + "memory.limit_in_bytes", "536870912");
  tree.write_line(folder + "memory.usage_in_bytes", "4096");
  EXPECT_EQ(read().cgroup_limit_bytes, 536870912U);
  EXPECT_EQ(read().cgroup_used_bytes, 4096U);
  tree.write_line(folder + "memory.limit_in_bytes", "9223372036854771712");
  EXPECT_FALSE(read().cgroup_limit_bytes);
}

TEST_F(OwnLimit, WithoutControlGroupsThereIsNone) {
  EXPECT_FALSE(read().cgroup_limit_bytes);
}

}  // namespace
}  // namespace wemol::host
