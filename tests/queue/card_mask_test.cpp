#include "card_mask.h"

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

std::vector<GpuDevice> four_cards() {
  return {{.index = 0, .uuid = "GPU-aa11"},
          {.index = 1, .uuid = "GPU-aa22"},
          {.index = 2, .uuid = "GPU-bb33"},
          {.index = 3, .uuid = "AMD-cc44"}};
}

std::vector<unsigned> indices(const ChosenCards& chosen) {
  std::vector<unsigned> numbers;
  for (const GpuDevice& device : chosen.devices) {
    numbers.push_back(device.index);
  }
  return numbers;
}

using Numbers = std::vector<unsigned>;

TEST(CardMask, AllCardsWithoutAny) {
  const auto chosen = choose_cards(four_cards(), {}, {});
  EXPECT_EQ(indices(chosen), (Numbers{0, 1, 2, 3}));
  EXPECT_TRUE(chosen.warnings.empty());
}

TEST(CardMask, VisibleDevicesAreReadAsCudaDoes) {
  const std::vector<std::pair<std::string, Numbers>> cases{
      {"1,2", {1, 2}},      {"2,0", {0, 2}},   {" 1 , 2 ", {1, 2}},
      {"1,1", {1}},         {"GPU-bb33", {2}}, {"GPU-bb", {2}},
      {"GPU-bb,0", {0, 2}}, {"GPU-cc44", {3}},  // as AMD's runtime names it
      {"AMD-cc44", {3}},    {"", {}},          {"-1", {}},
      {"1,-1,2", {1}},      {"1,7,2", {1}},    {"NoDevFiles", {}},
      {"GPU-aa", {}},  // two begin so
      {"GPU-", {}},         {"0x1", {}},       {"MIG-bb33", {}}};
  for (const auto& [mask, expected] : cases) {
    EXPECT_EQ(indices(choose_cards(four_cards(), {}, {.visible_devices = mask})), expected) << mask;
  }
}

TEST(CardMask, WhatNamesNoCardIsSaid) {
  const auto said = [](const std::string& mask) {
    return choose_cards(four_cards(), {}, {.visible_devices = mask}).warnings;
  };
  EXPECT_TRUE(said("").empty());
  EXPECT_TRUE(said("1,-1").empty());
  ASSERT_EQ(said("1,9").size(), 1U);
  EXPECT_NE(said("1,9")[0].find("\"9\" names no card"), std::string::npos);
  ASSERT_EQ(said("MIG-1").size(), 1U);
  EXPECT_NE(said("MIG-1")[0].find("nvidia-smi alone does not tell"), std::string::npos);
}

TEST(CardMask, CompeteGpusAreOfTheVisibleOnes) {
  const auto chosen = choose_cards(
      four_cards(), {},
      {.visible_devices = "1,2", .use_all_gpus = false, .compete_gpus = {"2", "GPU-aa22", "0"}});
  EXPECT_EQ(indices(chosen), (Numbers{1, 2}));
  ASSERT_EQ(chosen.warnings.size(), 1U);
  EXPECT_EQ(chosen.warnings[0], "compete_gpus: \"0\" names no card of this host");
}

TEST(CardMask, AnEmptyListOfCompeteGpusIsNoCard) {
  EXPECT_TRUE(choose_cards(four_cards(), {}, {.use_all_gpus = false}).devices.empty());
}

/// Card 0 is divided, 1 is whole, 2 is divided and has no instances.
std::vector<GpuDevice> divided_cards() {
  return {{.index = 0, .uuid = "GPU-aa11"}, {.index = 0, .uuid = "MIG-10"},
          {.index = 0, .uuid = "MIG-11"},   {.index = 0, .uuid = "MIG-GPU-aa11/3/0"},
          {.index = 1, .uuid = "GPU-bb22"}, {.index = 2, .uuid = "GPU-cc33"}};
}

ChosenCards choose_of_divided(const CardChoice& choice) {
  return choose_cards(divided_cards(), {"GPU-aa11", "GPU-cc33"}, choice);
}

std::vector<std::string> uuids(const ChosenCards& chosen) {
  std::vector<std::string> texts;
  for (const GpuDevice& device : chosen.devices) {
    texts.push_back(device.uuid);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(CardMask, ADividedCardIsNoneAndItsInstancesAre) {
  EXPECT_EQ(uuids(choose_of_divided({})),
            (Texts{"MIG-10", "MIG-11", "MIG-GPU-aa11/3/0", "GPU-bb22"}));
}

TEST(CardMask, VisibleInstancesAreNamedAndADividedCardIsItsFirst) {
  const std::vector<std::pair<std::string, Texts>> cases{
      {"MIG-11", {"MIG-11"}},
      {"1,MIG-11,MIG-10", {"MIG-11", "MIG-10", "GPU-bb22"}},
      {"MIG-GPU-aa11/3/0", {"MIG-GPU-aa11/3/0"}},
      {"0", {"MIG-10"}},
      {"GPU-aa", {"MIG-10"}},
      {"1,2,0", {"GPU-bb22"}},
      {"MIG-1", {}}};  // two begin so
  for (const auto& [mask, expected] : cases) {
    EXPECT_EQ(uuids(choose_of_divided({.visible_devices = mask})), expected) << mask;
  }
  const auto warned = [](const std::string& mask) {
    const auto warnings = choose_of_divided({.visible_devices = mask}).warnings;
    return warnings.empty() ? "" : warnings[0];
  };
  EXPECT_EQ(warned("MIG-11"), "");
  EXPECT_NE(warned("0").find("its first instance, MIG-10; name the others"), std::string::npos);
  EXPECT_NE(warned("2").find("\"2\" is a divided card (MIG) without instances"), std::string::npos);
  EXPECT_NE(warned("MIG-9").find("\"MIG-9\" names no card of this host"), std::string::npos);
}

TEST(CardMask, CompeteGpusNameInstancesOrAllOfACard) {
  const auto chosen = [](const std::string& entry) {
    return uuids(choose_of_divided({.use_all_gpus = false, .compete_gpus = {entry}}));
  };
  EXPECT_EQ(chosen("MIG-11"), (Texts{"MIG-11"}));
  EXPECT_EQ(chosen("0"), (Texts{"MIG-10", "MIG-11", "MIG-GPU-aa11/3/0"}));
  EXPECT_EQ(chosen("GPU-aa11"), chosen("0"));
  EXPECT_EQ(chosen("2"), Texts{});
  EXPECT_EQ(uuids(choose_of_divided(
                {.visible_devices = "MIG-11,1", .use_all_gpus = false, .compete_gpus = {"0"}})),
            (Texts{"MIG-11"}));
}

}  // namespace
}  // namespace wemol::queue
