#include "time_argument.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;
using test::kNoon;

/// In a time zone eight hours before UTC.
class TimeArgument : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* const zone = std::getenv("TZ")) {
      zone_ = zone;
    }
    setenv("TZ", "CST-8", 1);
    tzset();
  }
  void TearDown() override {
    if (zone_) {
      setenv("TZ", zone_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }

  static std::optional<WallTime> parse(std::string_view text) {
    return parse_time_argument(text, kNoon);
  }

 private:
  std::optional<std::string> zone_;
};

TEST_F(TimeArgument, WithoutAnOffsetIsLocal) {
  EXPECT_EQ(parse("2026-01-15 20:00:00"), kNoon);
  EXPECT_EQ(parse("2026-01-15 20:00"), kNoon);
  EXPECT_EQ(parse("2026-01-15T20:00"), kNoon);
  EXPECT_EQ(parse("2026-01-15T20:00:01"), kNoon + 1s);
  EXPECT_EQ(parse("2026-01-15"), kNoon - 20h);
}

TEST_F(TimeArgument, WithAnOffsetIsThatMoment) {
  EXPECT_EQ(parse("2026-01-15T12:00:00Z"), kNoon);
  EXPECT_EQ(parse("2026-01-15T12:00:00.500Z"), kNoon + 500ms);
  EXPECT_EQ(parse("2026-01-15T10:30:00-01:30"), kNoon);
}

TEST_F(TimeArgument, AnAgeIsThatLongAgo) {
  EXPECT_EQ(parse("7d"), kNoon - 7 * 24h);
  EXPECT_EQ(parse("24h"), kNoon - 24h);
  EXPECT_EQ(parse("90m"), kNoon - 90min);
  EXPECT_EQ(parse("0m"), kNoon);
}

TEST_F(TimeArgument, AnythingElseIsNone) {
  for (const char* const text :
       {"", "d", "7", "-7d", "7 d", "1.5h", "7w", "99999999999d", "yesterday", "2026-02-30",
        "2026-1-15", "2026-01-15 24:00", "2026-01-15 10:3", "2026-01-15x10:30",
        "2026-01-15 10:30:00 ", "15.01.2026"}) {
    EXPECT_EQ(parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wemol::report
