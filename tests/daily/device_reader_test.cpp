// Rows of files as pieces of days, with who held each GPU.

#include <gtest/gtest.h>

#include "device_history_reader.h"
#include "device_samples.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::reading {
namespace {

using test::header;
using test::kMidnight;
using test::row;

DeviceSpan day(std::int64_t begin = kMidnight, std::int64_t hours = 24) {
  return {.begin_epoch = begin, .end_epoch = begin + hours * 3600, .piece_seconds = 600};
}

class DeviceReaderTest : public testing::Test {
 protected:
  test::TempDir dir_;

  DeviceFile write(const std::string& rows, const std::string& name = "2026-03-10.csv") {
    test::write_text(dir_ / name, header() + rows);
    auto file = parse_device_file_name(name).value();
    file.path = dir_ / name;
    return file;
  }
  DevicePart read(const std::string& rows, std::vector<DeviceSpan> spans = {day()}) {
    return read_device_rows(write(rows), spans);
  }
};

std::string holds_text(const DeviceInSpan& device) {
  std::string text;
  for (const DeviceHold& hold : device.holds) {
    text += fmt::format("{} {}-{} ", hold.user, hold.begin_epoch - kMidnight,
                        hold.end_epoch - kMidnight);
  }
  return text;
}

TEST_F(DeviceReaderTest, APieceIsTheMeanOfTheRowsThatEndInIt) {
  const auto part = read(row(kMidnight, 0, "77") +           // of the day before
                         row(kMidnight + 60, 0, "10") +      //
                         row(kMidnight + 600, 0, "21.5") +   // the last one of the first piece
                         row(kMidnight + 660, 0, "") +       // unknown
                         row(kMidnight + 86'400, 0, "90") +  // the last one of the day
                         row(kMidnight + 86'460, 0, "99"));
  ASSERT_EQ(part.spans.at(0).size(), 1U);
  const DeviceInSpan& device = part.spans[0].at("AMD-0");
  ASSERT_EQ(device.pieces.size(), 144U);
  EXPECT_EQ(device.pieces[0].utilization_percent(), 15.75);
  EXPECT_EQ(device.pieces[1].utilization_percent(), std::nullopt);
  EXPECT_EQ(device.pieces[1].memory_percent(), 25);
  EXPECT_EQ(device.pieces[2].memory_percent(), std::nullopt);
  EXPECT_EQ(device.pieces[143].utilization_percent(), 90);
  EXPECT_EQ(device.rows, 4U);
  EXPECT_EQ(part.bad_lines, 0U);
}

TEST_F(DeviceReaderTest, DaysOf23And25HoursHaveTheirPieces) {
  const std::string rows =
      row(kMidnight + 22 * 3600 + 60, 0, "5") + row(kMidnight + 24 * 3600 + 60, 0, "7");
  const auto shorter = read(rows, {day(kMidnight, 23), day(kMidnight + 23 * 3600, 24)});
  EXPECT_EQ(shorter.spans[0].at("AMD-0").pieces.size(), 138U);
  EXPECT_EQ(shorter.spans[0].at("AMD-0").pieces[132].utilization_percent(), 5);
  EXPECT_EQ(shorter.spans[1].at("AMD-0").pieces[6].utilization_percent(), 7);
  const auto longer = read(rows, {day(kMidnight, 25)});
  EXPECT_EQ(longer.spans[0].at("AMD-0").pieces.size(), 150U);
  EXPECT_EQ(longer.spans[0].at("AMD-0").pieces[144].utilization_percent(), 7);
}

TEST_F(DeviceReaderTest, AnotherZoneReadsTheSameRows) {
  constexpr std::int64_t kKathmandu = 5 * 3600 + 45 * 60;
  const auto part = read(row(kMidnight - kKathmandu + 60, 0, "3"), {day(kMidnight - kKathmandu)});
  EXPECT_EQ(part.spans[0].at("AMD-0").pieces[0].utilization_percent(), 3);
}

TEST_F(DeviceReaderTest, TakesHalfALineForNoRow) {
  const std::string good = row(kMidnight + 60, 0, "10");
  // With its last separator it has all fields.
  for (std::size_t length = 0; length <= good.rfind(','); ++length) {
    const auto part = read(good.substr(0, length) + "\r\n" + row(kMidnight + 120, 0, "30"));
    EXPECT_EQ(part.spans[0].at("AMD-0").pieces[0].utilization_percent(), 30)
        << good.substr(0, length);
    EXPECT_EQ(part.bad_lines, length == 0 ? 0U : 1U) << good.substr(0, length);
  }
  const auto at_end = read(row(kMidnight + 120, 0, "30") + good.substr(0, 30));
  EXPECT_EQ(at_end.spans[0].at("AMD-0").rows, 1U);
  EXPECT_EQ(at_end.bad_lines, 1U);
}

TEST_F(DeviceReaderTest, RefusesWhatNoWriterWrites) {
  for (const char* const line : {"2026-03-10T00:01:00+00:00,x,AMD-0,MI300X,1,2,3,,,-\r\n",
                                 "2026-03-10T00:01:00+00:00,0,,MI300X,1,2,3,,,-\r\n",
                                 "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,1%,2,3,,,-\r\n",
                                 "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,nan,2,3,,,-\r\n",
                                 "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,1,2,-3,,,-\r\n",
                                 "2026-03-10 00:01:00,0,AMD-0,MI300X,1,2,3,,,-\r\n",
                                 "2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,1,2,3,,,-,more\r\n"}) {
    const auto part = read(line);
    EXPECT_EQ(part.bad_lines, 1U) << line;
    EXPECT_TRUE(part.spans[0].empty()) << line;
  }
  const auto cold = read("2026-03-10T00:01:00+00:00,0,AMD-0,MI300X,1,2,3,-4.5,,-\r\n");
  EXPECT_EQ(cold.bad_lines, 0U) << "a temperature may be below zero";
}

TEST_F(DeviceReaderTest, AUserHoldsACardFromTheBeginOfTheFirstInterval) {
  std::string rows;
  for (int minute = 1; minute <= 10; ++minute) {
    const char* const users = minute <= 3   ? "maria"
                              : minute <= 5 ? "maria;lin"
                              : minute == 8 ? "lin"
                                            : "-";
    rows += row(kMidnight + 60 * minute, 0, "1", users);
  }
  const auto part = read(rows);
  EXPECT_EQ(holds_text(part.spans[0].at("AMD-0")), "maria 0-300 lin 180-300 lin 420-480 ");
}

TEST_F(DeviceReaderTest, AStopOfTheWriterEndsAHold) {
  const auto part =
      read(row(kMidnight + 60, 0, "1", "lin") + row(kMidnight + 120, 0, "1", "lin") +
           row(kMidnight + 3600, 0, "1", "lin") + row(kMidnight + 3660, 0, "1", "lin"));
  EXPECT_EQ(holds_text(part.spans[0].at("AMD-0")), "lin 0-120 lin 3540-3660 ");
}

TEST_F(DeviceReaderTest, TellsNobodyFromUnknown) {
  const auto part = read(row(kMidnight + 60, 0, "1", "-") + row(kMidnight + 60, 1, "1", ""));
  EXPECT_EQ(part.spans[0].at("AMD-0").rows_with_users, 1U);
  EXPECT_EQ(part.spans[0].at("AMD-1").rows_with_users, 0U);
}

TEST_F(DeviceReaderTest, UsersWithCommasQuotesAndFormulasComeBack) {
  const auto part = read(row(kMidnight + 60, 0, "1", "\"a,\"\"b\"\";'c;林\"") +
                         row(kMidnight + 120, 0, "1", "'=1+1"));
  EXPECT_EQ(holds_text(part.spans[0].at("AMD-0")), "a,\"b\" 0-60 'c 0-60 林 0-60 =1+1 60-120 ");
}

TEST_F(DeviceReaderTest, AnotherFileOfTheDayIsAdded) {
  const std::vector<DeviceSpan> spans{day()};
  DevicePart sum = read_device_rows(write(row(kMidnight + 60, 0, "10", "lin")), spans);
  add_part(read_device_rows(write(row(kMidnight + 120, 0, "20", "lin"), "2026-03-10-2.csv"), spans),
           sum);
  const DeviceInSpan& device = sum.spans[0].at("AMD-0");
  EXPECT_EQ(device.pieces[0].utilization_percent(), 15);
  EXPECT_EQ(holds_text(device), "lin 0-120 ");
}

TEST_F(DeviceReaderTest, AFileWithOtherColumnsIsSaid) {
  test::write_text(dir_ / "2026-03-10.csv", "a,b\r\n1,2\r\n");
  auto file = parse_device_file_name("2026-03-10.csv").value();
  file.path = dir_ / "2026-03-10.csv";
  const auto part = read_device_rows(file, {day()});
  ASSERT_EQ(part.warnings.size(), 1U);
  EXPECT_NE(part.warnings[0].find("other columns"), std::string::npos);
}

TEST(DeviceReaderFiles, OfANeighbouringDateMayHoldTheDayInAnotherZone) {
  const auto file = [](const char* name) { return parse_device_file_name(name).value(); };
  const auto may = [&](const char* name, std::int64_t begin) {
    return may_hold(file(name), begin, begin + 86'400);
  };
  EXPECT_TRUE(may("2026-03-10.csv", kMidnight));
  EXPECT_TRUE(may("2026-03-09.csv", kMidnight)) << "written in New York";
  EXPECT_TRUE(may("2026-03-11.csv", kMidnight)) << "written in Tokyo";
  EXPECT_FALSE(may("2026-03-08.csv", kMidnight));
  EXPECT_FALSE(may("2026-03-12.csv", kMidnight));
}

}  // namespace
}  // namespace wemol::reading
