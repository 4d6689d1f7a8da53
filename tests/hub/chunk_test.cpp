#include "chunk.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "figure_row.h"
#include "level.h"

namespace wemol::hub {
namespace {

constexpr auto kSteps = static_cast<std::size_t>(kStepsOfChunk);

StepSummary one(double value) {
  return {.min = value, .mean = value, .max = value, .samples = 1};
}

void expect_near(const StepSummary& got, const StepSummary& wanted, double error) {
  ASSERT_EQ(got.samples, wanted.samples);
  if (wanted.samples > 0) {
    EXPECT_NEAR(got.min, wanted.min, error);
    EXPECT_NEAR(got.mean, wanted.mean, error);
    EXPECT_NEAR(got.max, wanted.max, error);
    EXPECT_LE(got.min, got.mean);
    EXPECT_LE(got.mean, got.max);
  }
}

void expect_round_trip(const Chunk& chunk) {
  const auto read = unpack_chunk(pack_chunk(chunk));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), chunk.size());
  for (const auto& [key, steps] : chunk) {
    double largest = 0;
    for (const StepSummary& step : steps) {
      largest = std::max({largest, std::abs(step.min), std::abs(step.max)});
    }
    const Steps& got = read->at(key);
    ASSERT_EQ(got.size(), steps.size());
    for (std::size_t at = 0; at < steps.size(); ++at) {
      expect_near(got[at], steps[at], largest * 1e-4);
    }
  }
}

TEST(HubChunk, ComesBackToFiveDigits) {
  std::mt19937 random(7);
  Chunk chunk;
  std::uint32_t metric = 1;
  for (const double size : {1e-6, 0.5, 1.0, 99.9, 100.0, 12345.6, 1e6, 2.7e11, 1e15}) {
    Steps steps(kSteps);
    std::uniform_real_distribution<double> value(-size, size);
    for (StepSummary& step : steps) {
      for (auto samples = random() % 4; samples > 0; --samples) {
        step.add(one(value(random)));
      }
    }
    chunk[{"", metric}] = steps;
    chunk[{"task_7", metric += 3}] = steps;
  }
  expect_round_trip(chunk);
  expect_round_trip({});
}

TEST(HubChunk, KeepsWholeNumbersAsTheyAre) {
  Chunk chunk;
  Steps& steps = chunk[{"", 5}];
  steps.resize(kSteps);
  for (std::size_t at = 0; at < kSteps; ++at) {
    steps[at] = one(static_cast<double>(at % 101));
  }
  const auto read = unpack_chunk(pack_chunk(chunk));
  ASSERT_TRUE(read);
  for (std::size_t at = 0; at < kSteps; ++at) {
    EXPECT_EQ(read->at({"", 5})[at].mean, static_cast<double>(at % 101));
  }
}

TEST(HubChunk, ReadAndWrittenAgainIsTheSame) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> value(0, 400);
  Chunk chunk;
  Steps& steps = chunk[{"", 1}];
  steps.resize(kSteps);
  for (StepSummary& step : steps) {
    step.add(one(value(random)));
    step.add(one(value(random)));
  }
  std::string bytes = pack_chunk(chunk);
  for (int i = 0; i < 50; ++i) {
    const auto read = unpack_chunk(bytes);
    ASSERT_TRUE(read);
    const std::string again = pack_chunk(*read);
    ASSERT_EQ(again, bytes) << i;
    bytes = again;
  }
}

TEST(HubChunk, WhatDoesNotChangeCostsAlmostNothing) {
  Chunk chunk;
  for (std::uint32_t metric = 1; metric <= 100; ++metric) {
    chunk[{"", metric}].assign(kSteps, one(25'757'220'864));
  }
  EXPECT_LT(pack_chunk(chunk).size(), 100U * 20);
}

TEST(HubChunk, OnlyWhatIsWantedIsRead) {
  Chunk chunk;
  chunk[{"", 1}].assign(kSteps, one(1));
  chunk[{"a", 1}].assign(kSteps, one(2));
  chunk[{"b", 1}].assign(kSteps, one(3));
  const auto read =
      unpack_chunk(pack_chunk(chunk), [](const SeriesKey& key) { return key.entity == "a"; });
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->at({"a", 1})[359].max, 2.0);
}

TEST(HubChunk, DamageIsAnErrorOrAnotherChunkButNoCrash) {
  Chunk chunk;
  chunk[{"", 1}].assign(kSteps, one(1));
  chunk[{"task", 700}].assign(kSteps, one(2.5));
  const std::string good = pack_chunk(chunk);
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(unpack_chunk(good.substr(0, length))) << length;
  }
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    (void)unpack_chunk(bad);
    (void)unpack_row(bad);
  }
}

TEST(HubStepSummary, IsWeightedByItsSamples) {
  StepSummary summary;
  summary.add({});
  EXPECT_EQ(summary.samples, 0U);
  summary.add({.min = 1, .mean = 2, .max = 5, .samples = 3});
  summary.add({.min = 0, .mean = 6, .max = 6, .samples = 1});
  EXPECT_EQ(summary.samples, 4U);
  EXPECT_EQ(summary.min, 0.0);
  EXPECT_EQ(summary.mean, 3.0);
  EXPECT_EQ(summary.max, 6.0);
}

TEST(HubFigureRow, ComesBackToFiveDigits) {
  const RowFigures figures{{{"", 1}, 0.0},    {{"", 2}, -33.25}, {{"", 900}, 270'276'493'312.0},
                           {{"a", 1}, 1e-20}, {{"a", 2}, 1e40},  {{"b", 7}, 12'345.678},
                           {{"b", 8}, 100.0}};
  const auto read = unpack_row(pack_row(figures));
  ASSERT_TRUE(read);
  const RowFigures wanted{{{"", 1}, 0.0},   {{"", 2}, -33.25}, {{"", 900}, 270'280'000'000.0},
                          {{"a", 1}, 0.0},  {{"a", 2}, 1e30},  {{"b", 7}, 12'346.0},
                          {{"b", 8}, 100.0}};
  ASSERT_EQ(read->size(), wanted.size());
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    EXPECT_EQ((*read)[at].first, wanted[at].first);
    EXPECT_DOUBLE_EQ((*read)[at].second, wanted[at].second);
  }
  EXPECT_TRUE(unpack_row("")->empty());
  EXPECT_FALSE(unpack_row("\x05"));
}

}  // namespace
}  // namespace wemol::hub
