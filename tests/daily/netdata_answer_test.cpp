#include "netdata_answer.h"

#include <gtest/gtest.h>

namespace wemol::report::daily {
namespace {

const Day kDay{"1970-01-02", 86'400, 172'800};

TEST(NetdataRows, KeepNumbersAsTheyAreAndLeaveOutOtherDays) {
  const auto rows = parse_rows(
      R"({"labels":["time","utilization"],"data":[[173400,1],[172800,5],[87600,0.0000001],[87000,null],[86400,9],
          ["x",1],[88200],7,[88800,"7"],[89400,104.5]]})",
      kDay);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 5U);
  EXPECT_EQ(rows->at(172'800), Number(std::int64_t{5}));
  EXPECT_EQ(rows->at(87'600), Number(1e-7));
  EXPECT_EQ(rows->at(87'000), std::nullopt);
  EXPECT_EQ(rows->at(88'800), std::nullopt);
  EXPECT_EQ(rows->at(89'400), Number(104.5));
}

TEST(NetdataRows, OfUsedAndFreeTheShareIsTaken) {
  const auto rows = parse_rows(
      R"({"labels":["time","free","used","reserved"],"data":[[87000,60,30,10],[87600,0,0,0],[88200,null,1,2]]})",
      kDay);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(87'000), Number(30.0));
  EXPECT_EQ(rows->at(87'600), std::nullopt);
  EXPECT_EQ(rows->at(88'200), std::nullopt);
}

TEST(NetdataRows, WhatIsNoneIsAnError) {
  for (const char* const text :
       {"", "<html>", "[]", "{}", R"({"data":7})", R"({"labels":["time"],"data":[[1,)"}) {
    EXPECT_FALSE(parse_rows(text, kDay)) << text;
  }
}

TEST(NetdataCards, AmdCardsAreFoundByContextAndNumber) {
  const auto cards = find_cards(R"({"charts":{
      "amdgpu.gpu_utilization_unknown_AMD_GPU_card17":{"context":"amdgpu.gpu_utilization"},
      "amdgpu.gpu_utilization_AMD_Instinct_MI300X_card9":{"context":"amdgpu.gpu_utilization",
        "chart_labels":{"product_name":"AMD Instinct MI300X"}},
      "amdgpu.gpu_utilization_unknown_AMD_GPU_card9":{"context":"amdgpu.gpu_utilization"},
      "amdgpu.gpu_mem_vram_usage_perc_unknown_AMD_GPU_card9":{"context":"amdgpu.gpu_mem_vram_usage_perc"},
      "amdgpu.gpu_mem_utilization_x_card9":{"context":"amdgpu.gpu_mem_utilization"},
      "system.card3":{"context":"system.cpu"}}})",
                                {});
  ASSERT_TRUE(cards);
  ASSERT_EQ(cards->by_index.size(), 2U);
  EXPECT_EQ(cards->by_index.at(0).card, 9U);
  EXPECT_EQ(cards->by_index.at(0).utilization_charts.size(), 2U);
  EXPECT_EQ(cards->by_index.at(0).memory_charts.size(), 1U);
  EXPECT_EQ(cards->by_index.at(0).name, "AMD Instinct MI300X");
  EXPECT_EQ(cards->by_index.at(1).card, 17U);
}

TEST(NetdataCards, NvidiaByBothCollectors) {
  const auto old_one = find_cards(R"({"charts":{
      "nvidia_smi_local.gpu1_gpu_utilization":{"context":"nvidia_smi.gpu_utilization"},
      "nvidia_smi_local.gpu1_mem_usage":{"context":"nvidia_smi.memory_allocated"},
      "nvidia_smi_local.gpu0_gpu_utilization":{"context":"nvidia_smi.gpu_utilization"}}})",
                                  {});
  ASSERT_TRUE(old_one);
  EXPECT_EQ(old_one->vendor, Vendor::nvidia);
  ASSERT_EQ(old_one->by_index.size(), 2U);
  EXPECT_EQ(old_one->by_index.at(1).memory_charts.size(), 1U);
  EXPECT_EQ(old_one->by_index.at(1).card, std::nullopt);
  NodeSettings node;
  node.ids = {{"GPU-b", 0}, {"GPU-a", 1}};
  const auto new_one = find_cards(R"({"charts":{
      "nvidia_smi_nvidia_smi.gpu_gpu-a_gpu_utilization":{"context":"nvidia_smi.gpu_utilization",
        "chart_labels":{"uuid":"GPU-a","product_name":"H100"}},
      "nvidia_smi_nvidia_smi.gpu_gpu-b_frame_buffer_memory_usage":{
        "context":"nvidia_smi.gpu_frame_buffer_memory_usage","chart_labels":{"uuid":"GPU-b"}}}})",
                                  node);
  ASSERT_TRUE(new_one);
  EXPECT_EQ(new_one->by_index.at(1).uuid, "GPU-a");
  EXPECT_EQ(new_one->by_index.at(1).name, "H100");
  EXPECT_EQ(new_one->by_index.at(0).uuid, "GPU-b");
}

}  // namespace
}  // namespace wemol::report::daily
