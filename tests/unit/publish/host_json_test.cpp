#include "host_json.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "full_host_sample.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

Json record(const HostSample& sample, const std::string& node_id = "node-7") {
  return Json::parse(host_record_json(sample, node_id));
}

TEST(HostRecord, HasTheKeysOfTheContract) {
  const Json json = record(test::full_host_sample());
  EXPECT_EQ(json["nodeId"], "node-7");
  EXPECT_EQ(json["timestamp"], 1768473001234);
  EXPECT_TRUE(json["timestamp"].is_number_integer());
  EXPECT_EQ(json["cpu"]["overall"], 37.5);
  EXPECT_EQ(json["cpu"]["cores"], Json::parse(R"([
      {"id": 0, "usage": 50.0, "frequency": 3200.5, "temperature": 61.0},
      {"id": 2, "usage": 25.0, "frequency": 800.0, "temperature": 55.0}])"));
  EXPECT_EQ(json["cpu"]["loadAverage"], Json::parse("[0.5, 1.25, 2.0]"));
  EXPECT_EQ(json["cpu"]["processes"], 312);
  EXPECT_EQ(json["cpu"]["threads"], 1204);
  EXPECT_EQ(json["memory"]["usage"], 25.0);
  EXPECT_EQ(json["memory"]["used"], 17179869184);
  EXPECT_EQ(json["memory"]["total"], 68719476736);
  EXPECT_EQ(json["memory"]["swap"],
            Json::parse(R"({"used": 2147483648, "total": 8589934592, "percentage": 25.0})"));
  EXPECT_EQ(json["memory"]["cgroup"], Json::parse(R"({"used": 4294967296, "limit": 34359738368})"));
  EXPECT_EQ(json["disk"]["usage"], 40.0);
  EXPECT_EQ(json["disk"]["used"], 42949672960);
  EXPECT_EQ(json["disk"]["total"], 107374182400);
  EXPECT_EQ(json["disk"]["ioRead"], 1048576.0);
  EXPECT_EQ(json["disk"]["ioWrite"], 2097152.5);
  EXPECT_EQ(json["disk"]["iops"], 150.0);
  EXPECT_EQ(json["network"], Json::parse(R"({"bytesIn": 12500.0, "bytesOut": 6250.0,
      "packetsIn": 100.0, "packetsOut": 80.0, "connections": 7})"));
  EXPECT_EQ(json["disk"]["fileSystems"], Json::parse(R"([{"mountPoint": "/", "type": "ext4",
      "network": false, "total": 107374182400, "used": 42949672960, "available": 59055800320}])"));
  const Json& gpu = json["accelerators"].at(0);
  EXPECT_EQ(gpu["id"], 3);
  EXPECT_EQ(gpu["type"], "gpu");
  EXPECT_EQ(gpu["name"], "NVIDIA L4");
  EXPECT_EQ(gpu["uuid"], "GPU-5c1b6fd4");
  EXPECT_EQ(gpu["utilization"], 80.0);
  EXPECT_EQ(gpu["memory"],
            Json::parse(R"({"used": 6442450944, "total": 25769803776, "percentage": 25.0})"));
  EXPECT_EQ(gpu["temperature"], 66.0);
  EXPECT_EQ(gpu["power"], 54.0);
  EXPECT_EQ(gpu["fanSpeed"], 45.0);
  EXPECT_EQ(json["pressure"]["io"], Json::parse(R"({"some": 4.0, "full": 3.0})"));
  EXPECT_EQ(json["coverage"],
            Json::parse(R"({"seconds": 15.0, "notes": ["the swap cannot be read"]})"));
  EXPECT_FALSE(json.contains("run"));
}

/// Every value in it, whatever it lies within.
void expect_all_null(const Json& json, const std::string& where) {
  if (json.is_structured()) {
    for (const auto& [key, value] : json.items()) {
      expect_all_null(value, where + "." + key);
    }
  } else {
    EXPECT_TRUE(json.is_null()) << where << " is " << json;
  }
}

TEST(HostRecord, WhatIsUnknownIsNull) {
  HostSample sample;
  sample.cores = {{.id = 4}};
  Json json = record(sample);
  EXPECT_EQ(json["nodeId"], "node-7");
  EXPECT_EQ(json["cpu"]["cores"].at(0)["id"], 4);
  EXPECT_EQ(json["cpu"]["loadAverage"], Json::parse("[null, null, null]"));
  EXPECT_TRUE(json["accelerators"].is_null());
  json.erase("nodeId");
  json.erase("timestamp");
  json["cpu"]["cores"].at(0).erase("id");
  expect_all_null(json, "");

  sample.gpus = {GpuDevice{.index = 0, .uuid = "GPU-1", .name = "L4"}};
  const Json gpu = record(sample)["accelerators"].at(0);
  EXPECT_TRUE(gpu["power"].is_null());
  EXPECT_TRUE(gpu["fanSpeed"].is_null());
  EXPECT_TRUE(gpu["memory"]["percentage"].is_null());
}

TEST(HostRecord, NotesAreAboutWhatIsMissing) {
  HostSample sample;
  sample.conditions = {{.key = "a", .severity = Severity::info, .message = "no GPU on the PCI bus"},
                       {.key = "b", .severity = Severity::error, .message = "no /proc/stat"}};
  EXPECT_EQ(record(sample)["coverage"]["notes"], Json::parse(R"(["no /proc/stat"])"));
}

TEST(HostRecord, AHostWithoutGpusHasAnEmptyList) {
  HostSample sample;
  sample.gpus.emplace();
  EXPECT_EQ(record(sample)["accelerators"], Json::array());
}

TEST(HostRecord, HasTheSameKeysWhateverIsKnown) {
  HostSample known = test::full_host_sample();
  HostSample unknown;
  unknown.cores = {{}, {}};
  unknown.gpus = {GpuDevice{}};
  unknown.file_systems = {FileSystemFacts{}};
  unknown.conditions = known.conditions;
  const Json a = record(known).flatten();
  const Json b = record(unknown).flatten();
  std::vector<std::string> keys_a;
  std::vector<std::string> keys_b;
  for (const auto& [key, value] : a.items()) {
    keys_a.push_back(key);
  }
  for (const auto& [key, value] : b.items()) {
    keys_b.push_back(key);
  }
  EXPECT_EQ(keys_a, keys_b);
}

TEST(HostRecord, HasTheShareOfARunWhereItIsAsked) {
  const ProcessTreeSample tree = test::full_process_tree();
  const Json json =
      Json::parse(host_record_json(test::full_host_sample(), "localhost", &tree))["run"];
  EXPECT_EQ(json, Json::parse(R"({"processes": 5, "cpu": 180.0, "memory": 3221225472,
      "accelerators": [{"uuid": "GPU-5c1b6fd4", "utilization": 70.0, "memory": 3221225472,
                        "memoryPercentage": 12.5}]})"));
}

TEST(HostRecord, HostileTextBreaksNothing) {
  HostSample sample = test::full_host_sample();
  const std::string hostile =
      "a\"b\\c\nd\x01\xff\xfe\xed\xa0\x80</script>\x7f" + std::string(1, '\0');
  sample.gpus->front().name = hostile;
  sample.gpus->front().uuid = hostile;
  sample.file_systems->front().mount_point = hostile;
  sample.conditions = {{.key = "k", .message = hostile}};
  const std::string text = host_record_json(sample, hostile);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["nodeId"].get<std::string>().substr(0, 8), "a\"b\\c\nd\x01");
  EXPECT_EQ(json["nodeId"], json["accelerators"].at(0)["name"]);
  EXPECT_EQ(json["nodeId"], json["disk"]["fileSystems"].at(0)["mountPoint"]);
  // No byte is left that is no UTF-8: it can be written again without replacing anything.
  EXPECT_EQ(json.dump(), text);
}

TEST(HostRecord, WhatIsNoNumberIsNull) {
  HostSample sample;
  sample.cpu_usage_percent = std::numeric_limits<double>::quiet_NaN();
  sample.disk_read_bytes_per_second = std::numeric_limits<double>::infinity();
  sample.disk_written_bytes_per_second = 1e300;
  sample.disk_operations_per_second = 0.12345;
  const Json json = record(sample);
  EXPECT_TRUE(json["cpu"]["overall"].is_null());
  EXPECT_TRUE(json["disk"]["ioRead"].is_null());
  EXPECT_EQ(json["disk"]["ioWrite"], 1e300);
  EXPECT_EQ(json["disk"]["iops"], 0.123);
}

SystemInfo full_info() {
  return {.platform = "Linux-6.1.0-18-amd64",
          .architecture = "x86_64",
          .cpu_model = "AMD EPYC 7543",
          .cpu_cores = 32,
          .cpu_threads = 64,
          .memory_total_bytes = 1024,
          .swap_total_bytes = 0,
          .disk_total_bytes = 4096,
          .hostname = "gpu7",
          .ip_address = "10.0.0.7"};
}

TEST(SystemInfoJson, HasTheKeysOfTheContract) {
  HostSample sample = test::full_host_sample();
  sample.gpus->push_back(GpuDevice{.name = "NVIDIA T4"});
  EXPECT_EQ(Json::parse(system_info_json(full_info(), &sample)), Json::parse(R"json({
      "platform": "Linux-6.1.0-18-amd64", "architecture": "x86_64", "cpu_model": "AMD EPYC 7543",
      "cpu_cores": 32, "cpu_threads": 64, "memory_total": 1024, "swap_total": 0, "disk_total": 4096,
      "gpu_count": 2, "gpu_info": ["NVIDIA L4 (24.0 GiB)", "NVIDIA T4"], "hostname": "gpu7",
      "ip_address": "10.0.0.7"
})json"));
}

TEST(SystemInfoJson, WhatIsUnknownIsNull) {
  const Json json = Json::parse(system_info_json({}, nullptr));
  EXPECT_EQ(json.size(), 12U);
  expect_all_null(json, "");
  HostSample sample;
  sample.gpus.emplace();
  EXPECT_EQ(Json::parse(system_info_json({}, &sample))["gpu_count"], 0);
}

TEST(SystemInfoJson, HostileTextBreaksNothing) {
  SystemInfo info = full_info();
  info.cpu_model = "\xff\"\n";
  EXPECT_EQ(Json::parse(system_info_json(info, nullptr))["cpu_model"], "\xef\xbf\xbd\"\n");
}

}  // namespace
}  // namespace wemol
