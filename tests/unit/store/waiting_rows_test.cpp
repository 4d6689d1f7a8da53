#include "waiting_rows.h"

#include <deque>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace wemol {
namespace {

TEST(WaitingRows, AreAQueueWhateverGoesInAndOut) {
  std::mt19937 random(7);
  WaitingRows rows;
  std::deque<std::string> expected;
  std::size_t bytes = 0;
  for (int step = 0; step < 20'000; ++step) {
    // By turns more go in than out, and more out than in.
    const bool goes_in = random() % 10 < (step / 1000 % 2 == 0 ? 7 : 3);
    if (goes_in || expected.empty()) {
      expected.push_back(std::string(1 + random() % 300, static_cast<char>('a' + step % 26)));
      bytes += expected.back().size();
      rows.push(expected.back());
    } else {
      ASSERT_EQ(rows.front(), expected.front());
      bytes -= expected.front().size();
      expected.pop_front();
      rows.pop();
    }
    ASSERT_EQ(rows.empty(), expected.empty());
    ASSERT_EQ(rows.size(), expected.size());
    ASSERT_EQ(rows.bytes(), bytes);
  }
}

}  // namespace
}  // namespace wemol
