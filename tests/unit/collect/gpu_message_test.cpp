#include "gpu_message.h"

#include <gtest/gtest.h>

#include "nvml_helper.h"

namespace wemol::nvml {
namespace {

Answer full_answer() {
  GpuReadings readings;
  readings.devices = {{.index = 3,
                       .uuid = "GPU-3",
                       .name = "A \"quoted\" name",
                       .memory_used_bytes = ~0ULL,
                       .memory_total_bytes = 0,
                       .memory_free_bytes = 6,
                       .utilization_percent = 1.5,
                       .memory_utilization_percent = 2,
                       .temperature_celsius = -3,
                       .fan_speed_percent = 104,
                       .power_draw_watts = 250.123,
                       .power_limit_watts = 400},
                      {.index = 4, .uuid = "GPU-4", .name = ""}};
  readings.processes = {{.pid = 7,
                         .gpu_uuid = "GPU-3",
                         .memory_used_bytes = 5,
                         .sm_utilization_percent = 33.3,
                         .container_id = std::nullopt},
                        {.pid = 8, .gpu_uuid = "GPU-4", .container_id = std::nullopt}};
  readings.conditions = {
      {.key = "k", .severity = Severity::error, .message = "line\nend", .follow_up = false}};
  return {.readings = std::move(readings)};
}

TEST(GpuMessage, EverythingComesBackAsItWas) {
  const std::string line = to_line(full_answer());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = from_line(line);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_line(*back), line);
  ASSERT_TRUE(back->readings && back->readings->devices && back->readings->processes);
  const GpuDevice& full = back->readings->devices->at(0);
  EXPECT_EQ(full.index, 3U);
  EXPECT_EQ(full.name, "A \"quoted\" name");
  EXPECT_EQ(full.memory_used_bytes, ~0ULL);
  EXPECT_EQ(full.memory_total_bytes, 0U);
  EXPECT_EQ(full.memory_free_bytes, 6U);
  EXPECT_EQ(full.utilization_percent, 1.5);
  EXPECT_EQ(full.memory_utilization_percent, 2);
  EXPECT_EQ(full.temperature_celsius, -3);
  EXPECT_EQ(full.fan_speed_percent, 104);
  EXPECT_EQ(full.power_draw_watts, 250.123);
  EXPECT_EQ(full.power_limit_watts, 400);
  const GpuDevice& bare = back->readings->devices->at(1);
  EXPECT_FALSE(bare.memory_used_bytes || bare.temperature_celsius || bare.power_draw_watts);
  const auto& processes = *back->readings->processes;
  EXPECT_EQ(processes.at(0).pid, 7U);
  EXPECT_EQ(processes.at(0).memory_used_bytes, 5U);
  EXPECT_EQ(processes.at(0).sm_utilization_percent, 33.3);
  EXPECT_FALSE(processes.at(1).memory_used_bytes || processes.at(1).sm_utilization_percent);
  const Condition& condition = back->readings->conditions.at(0);
  EXPECT_EQ(condition.key, "k");
  EXPECT_EQ(condition.severity, Severity::error);
  EXPECT_EQ(condition.message, "line\nend");
  EXPECT_FALSE(condition.follow_up);
}

TEST(GpuMessage, DividedGpusComeBack) {
  GpuReadings readings;
  readings.divided = {"GPU-3", "GPU-4"};
  const auto back = from_line(to_line({.readings = readings}));
  ASSERT_TRUE(back && back->readings);
  EXPECT_EQ(back->readings->divided, readings.divided);
  EXPECT_EQ(to_line({.readings = GpuReadings{}}).find("divided"), std::string::npos);
  EXPECT_FALSE(from_line(R"({"conditions":[],"divided":[1]})"));
  EXPECT_FALSE(from_line(R"({"conditions":[],"divided":"GPU-3"})"));
}

TEST(GpuMessage, Requests) {
  for (const Detail detail : {Detail::of_tasks, Detail::instances, Detail::all}) {
    EXPECT_EQ(detail_of(request_for(detail)), detail);
  }
  EXPECT_EQ(request_for(Detail::of_tasks), "read") << "what every helper knows";
  EXPECT_EQ(detail_of("read everything"), Detail::of_tasks);
}

TEST(GpuMessage, AbsentListsAreNotEmptyOnes) {
  const auto absent = from_line(to_line({.readings = GpuReadings{}}));
  ASSERT_TRUE(absent && absent->readings);
  EXPECT_FALSE(absent->readings->devices || absent->readings->processes);
  GpuReadings empty;
  empty.devices.emplace();
  empty.processes.emplace();
  const auto present = from_line(to_line({.readings = empty}));
  ASSERT_TRUE(present && present->readings);
  EXPECT_TRUE(present->readings->devices && present->readings->processes);
}

TEST(GpuMessage, MissingLibraryComesBackWithItsReason) {
  const auto back = from_line(to_line({.readings = std::nullopt, .why_no_library = "not there"}));
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->readings);
  EXPECT_EQ(back->why_no_library, "not there");
}

TEST(GpuMessage, BytesThatAreNoTextAreReplaced) {
  GpuReadings readings;
  readings.devices = {{.index = 0, .uuid = "GPU-0", .name = "\xff\xfe"}};
  EXPECT_TRUE(from_line(to_line({.readings = readings})));
}

TEST(GpuMessage, EveryPartOfALineIsAnError) {
  const std::string line = to_line(full_answer());
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(from_line(line.substr(0, length))) << length;
  }
}

TEST(GpuMessage, WhatIsNoAnswerIsAnError) {
  for (const char* line :
       {"", "null", "[]", "{}", "x", R"({"no_library":1})", R"({"no_library":""})",
        R"({"conditions":{}})", R"({"conditions":[1]})", R"({"conditions":[],"devices":{}})",
        R"({"conditions":[],"devices":null})", R"({"conditions":[],"devices":[{}]})",
        R"({"conditions":[],"devices":[{"index":-1,"uuid":"","name":""}]})",
        R"({"conditions":[],"devices":[{"index":4294967296,"uuid":"","name":""}]})",
        R"({"conditions":[],"devices":[{"index":0,"uuid":"","name":"","fan_speed_percent":"1"}]})",
        R"({"conditions":[],"processes":[{"pid":1.5,"gpu_uuid":""}]})",
        R"({"conditions":[],"processes":[{"pid":1,"gpu_uuid":"","memory_used_bytes":-1}]})",
        R"({"conditions":[{"key":"","severity":3,"message":"","follow_up":true}]})"}) {
    EXPECT_FALSE(from_line(line)) << line;
  }
}

TEST(GpuMessage, DeepNestingIsNoTrouble) {
  constexpr std::size_t kDepth = 100'000;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  EXPECT_FALSE(from_line(deep));
  EXPECT_FALSE(from_line(R"({"conditions":)" + deep + "}"));
  EXPECT_TRUE(from_line(R"({"conditions":[],"more":)" + deep + "}"));
}

}  // namespace
}  // namespace wemol::nvml
