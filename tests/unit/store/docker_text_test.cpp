#include <gtest/gtest.h>

#include "task_row.h"
#include "text.h"

namespace wemol {
namespace {

/// The cells of a row that `docker stats` has, too.
struct DockerCells {
  std::string cpu_percent;
  std::string memory_usage;
  std::string memory_percent;
  std::string network_io;
  std::string block_io;
  std::string pids;
};

DockerCells docker_text(const ContainerStats& stats) {
  TaskSample sample;
  sample.stats = stats;
  const std::string row = task_csv_row(sample, "now");
  const auto cells = split_fields(row, ',');
  const auto cell = [&](std::size_t i) { return std::string(cells.at(i)); };
  return {cell(5), cell(6), cell(7), cell(8), cell(9), cell(10)};
}

struct SizeCase {
  std::uint64_t bytes;
  const char* memory;
  const char* io;
};

void PrintTo(const SizeCase& test_case, std::ostream* out) {
  *out << test_case.memory;
}

class SizeText : public testing::TestWithParam<SizeCase> {};

TEST_P(SizeText, IsAsDockerPrintsIt) {
  const auto bytes = GetParam().bytes;
  const DockerCells text = docker_text({.memory_used_bytes = bytes,
                                        .memory_limit_bytes = 0,
                                        .network_received_bytes = bytes,
                                        .network_sent_bytes = 0});
  EXPECT_EQ(text.memory_usage, std::string(GetParam().memory) + " / 0B");
  EXPECT_EQ(text.network_io, std::string(GetParam().io) + " / 0B");
}

INSTANTIATE_TEST_SUITE_P(
    All, SizeText,
    testing::Values(SizeCase{0, "0B", "0B"}, SizeCase{746, "746B", "746B"},
                    SizeCase{1023, "1023B", "1.02kB"}, SizeCase{1040, "1.016KiB", "1.04kB"},
                    SizeCase{401408, "392KiB", "401kB"}, SizeCase{32726057, "31.21MiB", "32.7MB"},
                    SizeCase{999500, "976.1KiB", "1e+03kB"}, SizeCase{1048525, "1024KiB", "1.05MB"},
                    SizeCase{1072693248, "1023MiB", "1.07GB"},
                    SizeCase{67108864, "64MiB", "67.1MB"},
                    SizeCase{268757604762, "250.3GiB", "269GB"},
                    SizeCase{18446744073709551615U, "16EiB", "18.4EB"}));

TEST(DockerText, PercentagesHaveTwoDecimals) {
  const DockerCells text =
      docker_text({.cpu_percent = 3189.826, .memory_percent = 0.375, .pids = 39});
  EXPECT_EQ(text.cpu_percent, "3189.83%");
  EXPECT_EQ(text.memory_percent, "0.38%");
  EXPECT_EQ(text.pids, "39");
}

TEST(DockerText, WhatIsAbsentIsNeverZero) {
  const DockerCells text = docker_text({});
  EXPECT_EQ(text.cpu_percent, "--");
  EXPECT_EQ(text.memory_usage, "-- / --");
  EXPECT_EQ(text.block_io, "-- / --");
  EXPECT_EQ(text.pids, "--");
}

TEST(DockerText, WhatWasPrintedComesOutAsPrinted) {
  const PrintedStats printed{"1.00%", "1e+03KiB / 2GiB", "3.00%", "1e+03kB / 0B", "4B / 5B", "6"};
  const DockerCells text = docker_text(
      {.cpu_percent = 77, .pids = 8, .printed = std::make_shared<PrintedStats>(printed)});
  EXPECT_EQ(text.cpu_percent, "1.00%");
  EXPECT_EQ(text.memory_usage, "1e+03KiB / 2GiB");
  EXPECT_EQ(text.network_io, "1e+03kB / 0B");
  EXPECT_EQ(text.pids, "6");
}

}  // namespace
}  // namespace wemol
