#include <limits>

#include <gtest/gtest.h>

#include "cgroup_counters.h"
#include "text_file.h"

namespace wemol::cgroup {
namespace {

using test::fixture;

TEST(CgroupCount, IsTheNumberOfTheFile) {
  EXPECT_EQ(parse_count("0\n"), 0U);
  EXPECT_EQ(parse_count("764411904\n"), 764411904U);
  EXPECT_EQ(parse_count("12"), 12U);
  EXPECT_EQ(parse_count(fixture("cgroup/v1_memory.limit_in_bytes_unlimited.txt")),
            9223372036854771712U);
}

TEST(CgroupCount, MaxIsTheLargestNumber) {
  EXPECT_EQ(parse_count("max\n"), std::numeric_limits<std::uint64_t>::max());
}

TEST(CgroupCount, NothingElseIsANumber) {
  for (const char* text :
       {"", "\n", "x\n", "-1\n", "1 2\n", "1.5\n", "max2\n", " 1\n", "18446744073709551616\n"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(CgroupValue, IsThatOfTheWholeKey) {
  const std::string text = fixture("cgroup/v2_memory.stat.txt");
  EXPECT_EQ(parse_value(text, "anon"), 20971520U) << "the first line";
  EXPECT_EQ(parse_value(text, "file"), 734003200U) << "and not inactive_file";
  EXPECT_EQ(parse_value(text, "slab"), 4194304U) << "and not slab_reclaimable";
  EXPECT_EQ(parse_value(text, "inactive_file"), 524288000U);
  EXPECT_EQ(parse_value(text, "pgmajfault"), 12U) << "the last line";
  EXPECT_EQ(parse_value(fixture("cgroup/v2_cpu.stat.txt"), "usage_usec"), 692481662U);
}

TEST(CgroupValue, IsAbsentWithoutItsKeyOrNumber) {
  EXPECT_FALSE(parse_value("", "anon"));
  EXPECT_FALSE(parse_value("anon_thp 5\n", "anon"));
  EXPECT_FALSE(parse_value("anon\n", "anon"));
  EXPECT_FALSE(parse_value("anon", "anon"));
  EXPECT_FALSE(parse_value("anon \n", "anon"));
  EXPECT_FALSE(parse_value("anon x\n", "anon"));
  EXPECT_EQ(parse_value("anon 5", "anon"), 5U);
}

TEST(CgroupMemory, IsWithoutTheInactivePageCache) {
  EXPECT_EQ(memory_used_bytes(764411904, fixture("cgroup/v2_memory.stat.txt")),
            764411904U - 524288000U);
}

TEST(CgroupMemory, OfV1CountsTheGroupsBelowToo) {
  EXPECT_EQ(memory_used_bytes(1000, "inactive_file 100\ntotal_inactive_file 300\n"), 700U);
}

TEST(CgroupMemory, CacheLargerThanTheUsageFallsToTheNextKeyAndThenToTheWholeUsage) {
  EXPECT_EQ(memory_used_bytes(1000, "inactive_file 100\ntotal_inactive_file 1001\n"), 900U);
  EXPECT_EQ(memory_used_bytes(1000, "inactive_file 1000\ntotal_inactive_file 1000\n"), 1000U);
  EXPECT_EQ(memory_used_bytes(1000, "inactive_file 999\n"), 1U);
  EXPECT_EQ(memory_used_bytes(1000, ""), 1000U);
  EXPECT_EQ(memory_used_bytes(0, "inactive_file 0\n"), 0U);
}

TEST(CgroupBlkio, SumsTheReadAndWrittenBytesOfAllDevices) {
  const auto bytes = parse_blkio(fixture("cgroup/v1_blkio.throttle.io_service_bytes.txt") +
                                 "253:1 Read 2\n253:1 Write 3\nTotal 5\n");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->read, 12300290U);
  EXPECT_EQ(bytes->written, 4099U);
}

TEST(CgroupBlkio, IdleGroupListsNoDevice) {
  EXPECT_FALSE(parse_blkio(fixture("cgroup/v1_blkio_idle.txt")));
  EXPECT_FALSE(parse_blkio(""));
  EXPECT_FALSE(parse_blkio("8:0 Read x\n8:0 Read\n8:0 Read 5"));
}

TEST(CgroupBlkio, DeviceWithoutTrafficIsADeviceAllTheSame) {
  const auto bytes = parse_blkio("8:0 Read 0\n8:0 Write 0\n8:0 Total 0\nTotal 0\n");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->read, 0U);
}

TEST(CgroupIoStat, SumsAllDevicesAlsoWhereOneStandsAloneOnItsLine) {
  const BlockBytes bytes = parse_io_stat(fixture("cgroup/v2_io.stat.txt"));
  EXPECT_EQ(bytes.read, 24600576U);
  EXPECT_EQ(bytes.written, 8192U);
}

TEST(CgroupIoStat, NewKeysAndGarbageChangeNothing) {
  const BlockBytes bytes = parse_io_stat(
      "7:0 8:0 rbytes=1 wbytes=2 rios=3 cost.usage=9\n9:0 rbytes=x wbytes=-1 xrbytes=7\n\xff\n");
  EXPECT_EQ(bytes.read, 1U);
  EXPECT_EQ(bytes.written, 2U);
  EXPECT_EQ(parse_io_stat("").read, 0U);
}

}  // namespace
}  // namespace wemol::cgroup
