#include "block_change.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

JobSpec spec_of(char content) {
  return {.queue = "1", .commands = {std::string(1, content)}, .memory_bytes = 1};
}

/// Blocks of one letter each; the jobs are numbered from 1.
std::vector<KnownBlock> known(std::string_view letters) {
  std::vector<KnownBlock> blocks;
  for (const char letter : letters) {
    blocks.push_back({.job = blocks.size() + 1, .spec = spec_of(letter)});
  }
  return blocks;
}

CommandFileReading reading_of(std::string_view letters) {
  CommandFileReading reading;
  for (const char letter : letters) {
    reading.blocks.push_back({.spec = spec_of(letter)});
  }
  return reading;
}

using Ids = std::vector<JobId>;
using Indices = std::vector<std::size_t>;

TEST(QueueBlockChange, AppendedAndInsertedBlocksAreAddedAndTheOthersStay) {
  const auto appended = compare(known("abc"), reading_of("abcd"));
  EXPECT_EQ(appended.added, Indices{3});
  EXPECT_TRUE(appended.removed.empty());
  const auto inserted = compare(known("abc"), reading_of("axbyc"));
  EXPECT_EQ(inserted.added, (Indices{1, 3}));
  EXPECT_TRUE(inserted.removed.empty());
  EXPECT_EQ(inserted.jobs,
            (std::vector<std::optional<JobId>>{1, std::nullopt, 2, std::nullopt, 3}));
}

TEST(QueueBlockChange, RemovedBlocksNameTheirJobs) {
  EXPECT_EQ(compare(known("abc"), reading_of("ac")).removed, Ids{2});
  EXPECT_EQ(compare(known("abc"), reading_of("")).removed, (Ids{1, 2, 3}));
  const auto changed = compare(known("abc"), reading_of("axc"));
  EXPECT_EQ(changed.removed, Ids{2});
  EXPECT_EQ(changed.added, Indices{1});
}

TEST(QueueBlockChange, AMovedBlockStays) {
  const auto change = compare(known("abcd"), reading_of("dabc"));
  EXPECT_TRUE(change.added.empty());
  EXPECT_TRUE(change.removed.empty());
  EXPECT_EQ(change.jobs.front(), JobId{4});
}

TEST(QueueBlockChange, OfBlocksThatAreAlikeTheNeighboursTellWhichIsGone) {
  EXPECT_EQ(compare(known("aba"), reading_of("ba")).removed, Ids{1});
  EXPECT_EQ(compare(known("aba"), reading_of("ab")).removed, Ids{3});
  // Without neighbours it is the first, which has been done sooner.
  EXPECT_EQ(compare(known("aa"), reading_of("a")).removed, Ids{1});
  const auto more = compare(known("a"), reading_of("aa"));
  EXPECT_EQ(more.added.size(), 1U);
  EXPECT_TRUE(more.removed.empty());
}

TEST(QueueBlockChange, EachPartOfTheContentCounts) {
  const auto before = known("a");
  for (const auto& change : std::vector<std::function<void(JobSpec&)>>{
           [](JobSpec& spec) { spec.queue = "2"; }, [](JobSpec& spec) { spec.memory_bytes = 2; },
           [](JobSpec& spec) { spec.gpus = 2; },
           [](JobSpec& spec) { spec.commands.emplace_back("b"); },
           [](JobSpec& spec) { spec.commands = {"a b"}; }}) {
    auto now = reading_of("a");
    change(now.blocks[0].spec);
    EXPECT_EQ(compare(before, now).removed, Ids{1});
  }
}

TEST(QueueBlockChange, WhileABlockIsRefusedNothingIsRemoved) {
  auto now = reading_of("ad");
  now.errors.push_back({.line = 3, .reason = "half"});
  const auto change = compare(known("abc"), now);
  EXPECT_TRUE(change.removed.empty());
  EXPECT_EQ(change.added, Indices{1});
}

/// Whatever happens to the file: each block has one job, no job has two, and what is in both stays.
TEST(QueueBlockChange, NoJobIsLostOrGivenTwice) {
  std::minstd_rand random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const auto letters = [&](std::size_t length) {
    std::string text;
    while (text.size() < length) {
      text += static_cast<char>('a' + random() % 6);
    }
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    const std::string before = letters(random() % 12);
    const std::string now = letters(random() % 12);
    const auto change = compare(known(before), reading_of(now));
    ASSERT_EQ(change.jobs.size(), now.size());
    std::set<JobId> seen(change.removed.begin(), change.removed.end());
    std::size_t kept = 0;
    for (std::size_t at = 0; at < now.size(); ++at) {
      if (const auto job = change.jobs[at]) {
        EXPECT_EQ(before[*job - 1], now[at]);
        EXPECT_TRUE(seen.insert(*job).second);
        ++kept;
      }
    }
    std::multiset<char> rest(before.begin(), before.end());
    const auto common = static_cast<std::size_t>(std::count_if(now.begin(), now.end(), [&](char c) {
      const auto found = rest.find(c);
      return found != rest.end() && (rest.erase(found), true);
    }));
    EXPECT_EQ(kept, common) << before << " " << now;
    EXPECT_EQ(seen.size(), before.size());
    EXPECT_EQ(change.added.size() + kept, now.size());
  }
}

TEST(QueueBlockChange, ALongFileIsComparedAsWell) {
  std::string before;
  for (int i = 0; i < 3000; ++i) {
    before += static_cast<char>('a' + i % 20);
  }
  std::string now = before;
  now.insert(1500, "X");
  now.insert(0, "Y");
  now += "Z";
  const auto change = compare(known(before), reading_of(now));
  EXPECT_EQ(change.added.size(), 3U);
  EXPECT_TRUE(change.removed.empty());
}

}  // namespace
}  // namespace wemol::queue
