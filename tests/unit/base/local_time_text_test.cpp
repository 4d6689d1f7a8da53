#include <cstdlib>

#include <gtest/gtest.h>

#include "time_text.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

class LocalTime : public testing::Test {
 protected:
  LocalTime() {
    if (const char* zone = std::getenv("TZ")) {
      old_zone_ = zone;
    }
    set_zone("UTC0");
  }
  ~LocalTime() override {
    if (old_zone_) {
      set_zone(*old_zone_);
    } else {
      unsetenv("TZ");
      tzset();
    }
  }
  static void set_zone(const std::string& zone) {
    setenv("TZ", zone.c_str(), 1);
    tzset();
  }

  LocalTimeText text;
  std::chrono::system_clock::time_point time{1749030268s};

 private:
  std::optional<std::string> old_zone_;
};

TEST_F(LocalTime, IsWrittenToTheSecond) {
  EXPECT_EQ(text.of(time), "2025-06-04 09:44:28");
  EXPECT_EQ(text.of(time + 999ms), "2025-06-04 09:44:28");
}

TEST_F(LocalTime, OfAnotherSecondIsAnotherAlsoBackwards) {
  EXPECT_EQ(text.of(time), "2025-06-04 09:44:28");
  EXPECT_EQ(text.of(time + 1s), "2025-06-04 09:44:29");
  EXPECT_EQ(text.of(time - 1h), "2025-06-04 08:44:28");
  EXPECT_EQ(text.of(time), "2025-06-04 09:44:28");
}

TEST_F(LocalTime, BeginsWithAnySecondAlsoTheFirstOfAll) {
  EXPECT_EQ(text.of(std::chrono::system_clock::time_point{}), "1970-01-01 00:00:00");
}

TEST_F(LocalTime, IsThatOfTheTimeZone) {
  set_zone("CST-8");
  EXPECT_EQ(text.of(time), "2025-06-04 17:44:28");
}

TEST_F(LocalTime, ChangedTimeZoneIsNoticedWithTheNextSecond) {
  EXPECT_EQ(text.of(time), "2025-06-04 09:44:28");
  setenv("TZ", "CST-8", 1);  // nobody calls tzset
  EXPECT_EQ(text.of(time + 1s), "2025-06-04 17:44:29");
}

}  // namespace
}  // namespace wemol
