#include <gtest/gtest.h>

#include "task_row.h"

namespace wemol::reading {
namespace {

template <typename Value>
void expect_value(const Cell<Value>& cell, Value expected) {
  EXPECT_TRUE(cell.is_readable);
  EXPECT_EQ(cell.value, expected);
}

TEST(TaskCells, HoldNumbersWithTheirUnit) {
  expect_value(parse_percent("3189.83%"), 3189.83);
  expect_value(parse_percent("0.00%"), 0.0);
  expect_value(parse_percent("88"), 88.0);
  expect_value(parse_percent("88 %"), 88.0);
  expect_value(parse_percent("1e+03%"), 1000.0);
  expect_value(parse_gpu_mebibytes("522MB"), 522.0);
  expect_value(parse_gpu_mebibytes("522 MiB"), 522.0);
  expect_value(parse_watts("341.52W"), 341.52);
  expect_value(parse_watts("341.52 W"), 341.52);
}

TEST(TaskCells, HoldTheNearestDoubleAlsoWhenThereAreManyDigits) {
  expect_value(parse_percent("0.1%"), 0.1);
  expect_value(parse_percent("123456.789012345%"), 123456.789012345);
  expect_value(parse_percent("12345678901234567890.5%"), 12345678901234567890.5);
  expect_value(parse_percent("0.000000000000000000001%"), 1e-21);
}

TEST(TaskCells, HoldWordsForNotKnown) {
  for (const char* word : {"", "N/A", "--", "[N/A]", "[Not Supported]", "N/AMB", "%", "Unknown"}) {
    EXPECT_TRUE(is_unknown(word)) << word;
    EXPECT_TRUE(parse_percent(word).is_readable) << word;
    EXPECT_FALSE(parse_percent(word).value) << word;
  }
}

TEST(TaskCells, ThatHoldAnythingElseAreNotReadable) {
  for (const char* word : {"-5%", "nonsense", "5%5", "5MB", "%5", "inf%", "5 5%", "1e999%"}) {
    EXPECT_FALSE(parse_percent(word).is_readable) << word;
  }
}

TEST(TaskCells, HoldSizesAsDockerPrintsThem) {
  expect_value(parse_bytes("0B"), std::uint64_t{0});
  expect_value(parse_bytes("746B"), std::uint64_t{746});
  expect_value(parse_bytes("1e+03kB"), std::uint64_t{1'000'000});
  expect_value(parse_bytes("1.58MB"), std::uint64_t{1'580'000});
  expect_value(parse_bytes("4.158 GB"), std::uint64_t{4'158'000'000});
  expect_value(parse_bytes("2TB"), std::uint64_t{2'000'000'000'000});
  expect_value(parse_bytes("1KiB"), std::uint64_t{1024});
  expect_value(parse_bytes("975.7MiB"), std::uint64_t{1023095603});
  expect_value(parse_bytes("250.3GiB"), std::uint64_t{268757578547});
  expect_value(parse_bytes("1PiB"), std::uint64_t{1} << 50);
  expect_value(parse_bytes("0.5B"), std::uint64_t{1});
}

TEST(TaskCells, ThatHoldNoSizeAreNotReadable) {
  for (const char* word : {"5", "5b", "5KB", "5kiB", "5MBs", "-5B", "16EiB", "5XB", "5Mi"}) {
    EXPECT_FALSE(parse_bytes(word).is_readable) << word;
  }
  EXPECT_TRUE(parse_bytes("--").is_readable);
}

TEST(TaskCells, HoldPairsOfSizes) {
  const BytesPair pair = parse_bytes_pair("746B / 1.58MB");
  EXPECT_EQ(pair.first.value, 746U);
  EXPECT_EQ(pair.second.value, 1'580'000U);
  const BytesPair tight = parse_bytes_pair("746B/2B");
  EXPECT_EQ(tight.first.value, 746U);
  EXPECT_EQ(tight.second.value, 2U);
  const BytesPair half = parse_bytes_pair("-- / 2B");
  EXPECT_TRUE(half.first.is_readable);
  EXPECT_FALSE(half.first.value);
  EXPECT_EQ(half.second.value, 2U);
  for (const char* word : {"", "--", "N/A"}) {
    EXPECT_TRUE(parse_bytes_pair(word).first.is_readable) << word;
    EXPECT_FALSE(parse_bytes_pair(word).first.value) << word;
  }
  EXPECT_FALSE(parse_bytes_pair("746B").first.is_readable);
  EXPECT_FALSE(parse_bytes_pair("746B / x").second.is_readable);
}

using Items = std::vector<std::string_view>;

std::optional<Items> items_of(std::string_view cell, std::size_t count) {
  Items items(count);
  return split_list(cell, items) ? std::optional(items) : std::nullopt;
}

TEST(TaskCells, HoldOneItemForEachGpu) {
  EXPECT_EQ(items_of("522MB", 1), Items{"522MB"});
  EXPECT_EQ(items_of("522MB,1024MB", 2), (Items{"522MB", "1024MB"}));
  EXPECT_EQ(items_of("a,,c", 3), (Items{"a", "", "c"}));
  EXPECT_EQ(items_of("a,", 2), (Items{"a", ""}));
  EXPECT_EQ(items_of("a,b,c", 2), std::nullopt);
  EXPECT_EQ(items_of("a", 2), std::nullopt);
  EXPECT_EQ(items_of("a", 0), std::nullopt);
}

TEST(TaskCells, LeaveCommasToItemsThatHaveAsManyEach) {
  EXPECT_EQ(items_of("X, Inc. 1", 1), Items{"X, Inc. 1"});
  EXPECT_EQ(items_of("X, Inc. 1,X, Inc. 2", 2), (Items{"X, Inc. 1", "X, Inc. 2"}));
}

}  // namespace
}  // namespace wemol::reading
