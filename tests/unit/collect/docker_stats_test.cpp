#include "docker_stats.h"

#include <gtest/gtest.h>

#include "size_text.h"
#include "text_file.h"

namespace wemol::docker {
namespace {

using test::fixture;

const std::string kId(64, 'c');

std::string row(const std::string& readings) {
  return kId.substr(0, 12) + "\t" + kId + "\t" + readings + "\n";
}

class StatsOfVersion : public testing::TestWithParam<const char*> {};

TEST_P(StatsOfVersion, GivesReadingsAsNumbersAndAsPrinted) {
  const StatsOutput output =
      parse_stats(fixture("docker/" + std::string(GetParam()) + "/stats.txt"));
  EXPECT_TRUE(output.messages.empty());
  ASSERT_GE(output.rows.size(), 6U);
  const StatsRow& limited = output.rows[1];
  EXPECT_EQ(limited.short_id, "b4caeb28c592");
  ASSERT_TRUE(limited.stats);
  EXPECT_EQ(limited.stats->memory_used_bytes, 308U * 1024);
  EXPECT_EQ(limited.stats->memory_limit_bytes, 64U * 1024 * 1024);
  EXPECT_DOUBLE_EQ(limited.stats->memory_percent.value(), 0.47);
  EXPECT_EQ(limited.stats->pids, 1U);
  EXPECT_EQ(limited.stats->printed->memory_usage, "308KiB / 64MiB");
  EXPECT_EQ(limited.stats->printed->network_io, "0B / 0B");
}

INSTANTIATE_TEST_SUITE_P(Docker, StatsOfVersion, testing::Values("cli-20.10.24", "cli-28.2.2"));

TEST(DockerStats, RestartingContainerHasNoReading) {
  const auto output = parse_stats(fixture("docker/cli-20.10.24/stats.txt"));
  ASSERT_EQ(output.rows.size(), 7U);
  EXPECT_EQ(output.rows[2].short_id, "905d8a329bac");
  EXPECT_FALSE(output.rows[2].stats);
}

TEST(DockerStats, IdleRunningContainerHasAReading) {
  EXPECT_TRUE(
      parse_stats(row("0.00%\t380KiB / 23.54GiB\t0.00%\t0B / 0B\t0B / 0B\t1")).rows.at(0).stats);
}

TEST(DockerStats, ContainerThatTheEngineCouldNotMeasureHasNoReading) {
  const auto output = parse_stats("f6f6f6f6f6f6\t\t--\t-- / --\t--\t--\t--\t--\n");
  ASSERT_EQ(output.rows.size(), 1U);
  EXPECT_EQ(output.rows[0].short_id, "f6f6f6f6f6f6");
  EXPECT_FALSE(output.rows[0].stats);
  EXPECT_TRUE(output.messages.empty());
}

TEST(DockerStats, AllZerosAreNoReading) {
  EXPECT_FALSE(parse_stats(row("0.00%\t0B / 0B\t0.00%\t0B / 0B\t0B / 0B\t0")).rows.at(0).stats);
}

TEST(DockerStats, WithoutTheMemoryControllerMemoryIsAbsentAndTheRestIsKept) {
  const auto stats =
      parse_stats(row("1.50%\t0B / 0B\t0.00%\t1.04kB / 648B\t0B / 0B\t3")).rows.at(0).stats;
  ASSERT_TRUE(stats);
  EXPECT_FALSE(stats->memory_used_bytes);
  EXPECT_FALSE(stats->memory_limit_bytes);
  EXPECT_FALSE(stats->memory_percent);
  EXPECT_EQ(stats->network_received_bytes, 1040U);
  EXPECT_EQ(stats->printed->memory_usage, "0B / 0B");
}

TEST(DockerStats, WholeIdInTheFirstFieldIsShortened) {
  const auto output =
      parse_stats(kId + "\t" + kId + "\t1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1\n");
  EXPECT_EQ(output.rows.at(0).short_id, kId.substr(0, 12));
}

TEST(DockerStats, ExponentsAreReadAndComeOutAsPrinted) {
  const auto stats =
      parse_stats(row("1600.00%\t953.8MiB / 2GiB\t46.57%\t1e+03kB / 999kB\t1.23TB / 1e+03GB\t5"))
          .rows.at(0)
          .stats;
  ASSERT_TRUE(stats);
  EXPECT_DOUBLE_EQ(stats->cpu_percent.value(), 1600);
  EXPECT_EQ(stats->network_received_bytes, 1000000U);
  EXPECT_EQ(stats->network_sent_bytes, 999000U);
  EXPECT_EQ(stats->block_read_bytes, 1230000000000U);
  EXPECT_EQ(stats->block_written_bytes, 1000000000000U);
  EXPECT_EQ(stats->printed->network_io, "1e+03kB / 999kB");
}

TEST(DockerStats, ValueThatIsNoNumberIsNoReading) {
  for (const char* readings :
       {"x\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1", "1.00%\t1MiB\t50.00%\t0B / 0B\t0B / 0B\t1",
        "1.00%\t1XiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1",
        "1.00%\t1MiB / 2MiB\t50.00\t0B / 0B\t0B / 0B\t1",
        "nan%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1",
        "1.00%\t1MiB / 2MiB\tinf%\t0B / 0B\t0B / 0B\t1",
        "-1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1",
        "1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t-"}) {
    EXPECT_FALSE(parse_stats(row(readings)).rows.at(0).stats) << readings;
  }
}

TEST(DockerStats, OtherLinesAreMessages) {
  const auto output = parse_stats("garbage\nCONTAINER ID   NAME\n" +
                                  row("1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1"));
  EXPECT_EQ(output.rows.size(), 1U);
  EXPECT_EQ(output.messages.size(), 2U);
}

TEST(DockerStats, HalfALineIsNoReading) {
  const std::string whole = row("1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t128");
  EXPECT_TRUE(parse_stats(whole.substr(0, whole.size() - 2)).rows.empty());
}

TEST(DockerSize, ReadsEveryUnitAndOldForms) {
  EXPECT_EQ(parse_size_bytes("0B"), 0U);
  EXPECT_EQ(parse_size_bytes("746B"), 746U);
  EXPECT_EQ(parse_size_bytes("1.58MB"), 1580000U);
  EXPECT_EQ(parse_size_bytes("1.5KiB"), 1536U);
  EXPECT_EQ(parse_size_bytes("975.7MiB"), 1023095603U);
  EXPECT_EQ(parse_size_bytes("4.158 GB"), 4158000000U);
  EXPECT_EQ(parse_size_bytes("1EB"), 1000000000000000000U);
  EXPECT_EQ(parse_size_bytes("2TiB"), 2199023255552U);
}

TEST(DockerSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "--", "B", "1", "1.5", "1.5XB", "-1B", "1 2B", "nanB", "1e300GB"}) {
    EXPECT_FALSE(parse_size_bytes(text)) << text;
  }
}

}  // namespace
}  // namespace wemol::docker
