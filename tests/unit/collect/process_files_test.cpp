#include <unistd.h>

#include <gtest/gtest.h>

#include "clock.h"
#include "fake_file_reader.h"
#include "process_attributor.h"

namespace wemol {
namespace {

constexpr const char* kFromState =
    " S 1 1 1 0 -1 4194560 9 9 9 9 7 7 7 7 20 0 1 0 4711 1000 200 18446744073709551615\n";

TEST(StartTicks, AreTheTwentySecondField) {
  EXPECT_EQ(start_ticks_in(std::string("11 (python3)") + kFromState), 4711U);
}

TEST(StartTicks, ProgramNameMayHoldAnything) {
  for (const char* name : {"a b c", "a) S 1 (b", ") ) )", "(((", "two\nlines", ""}) {
    EXPECT_EQ(start_ticks_in("11 (" + std::string(name) + ")" + kFromState), 4711U) << name;
  }
}

TEST(StartTicks, TextThatIsCutOffHasNone) {
  EXPECT_FALSE(start_ticks_in(""));
  EXPECT_FALSE(start_ticks_in("11 (pyth"));
  EXPECT_FALSE(start_ticks_in("11 (python3) S 1 1 1 0 -1"));
}

TEST(StartTicks, ProcessThatIsGoneHasNone) {
  const test::FakeFileReader files;
  EXPECT_FALSE(start_ticks_of(files, 11));
}

TEST(StartTicks, OfARunningProcessLieBeforeNow) {
  const auto started = start_ticks_of(SystemFileReader(), static_cast<std::uint64_t>(getpid()));
  ASSERT_TRUE(started);
  EXPECT_LE(*started, boot_ticks_now());
  EXPECT_GT(*started + 360'000, boot_ticks_now()) << "this test has not run for an hour";
}

}  // namespace
}  // namespace wemol
