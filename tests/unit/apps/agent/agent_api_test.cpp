#include "agent_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_clock.h"
#include "fake_host_source.h"

namespace wemol::agent {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

GpuDevice gpu(std::string name, std::optional<double> utilization) {
  GpuDevice device;
  device.uuid = "GPU-" + name;
  device.name = std::move(name);
  device.utilization_percent = utilization;
  return device;
}

class AgentApiTest : public testing::Test {
 protected:
  AgentApiTest() { api_.add_to(router_); }

  void take_sample(HostSample made) {
    host_.take_sample(std::move(made), clock_.steady, clock_.wall);
  }
  serve::Response get(const std::string& target, serve::Headers headers = {}) {
    return router_.answer({.method = "GET",
                           .target = serve::parse_request_target(target).value(),
                           .headers = std::move(headers)});
  }
  Json json(const std::string& target) {
    const serve::Response response = get(target);
    EXPECT_EQ(response.status, 200U) << target << *response.body;
    return Json::parse(*response.body);
  }

  test::FakeClock clock_;
  test::FakeHostSource host_;
  test::FakeTaskSource tasks_;
  HostWatch watch_{host_, 2s, clock_.steady};
  LiveFeed feed_{host_, watch_, clock_, "node-1"};
  AgentApi api_{{.host = host_,
                 .watch = watch_,
                 .feed = feed_,
                 .tasks = &tasks_,
                 .clock = clock_,
                 .node_id = "node-1"}};
  serve::Router router_;
};

const std::vector<std::string> kPaths{
    "/api/health",          "/api/system/info",        "/api/system/metrics",
    "/api/v1/system/info",  "/api/v1/system/metrics",  "/api/v1/system/status",
    "/api/v1/cluster/info", "/api/v1/cluster/metrics", "/api/v1/hardware/accelerators",
    "/api/v1/hardware/cpu", "/api/v1/tasks",           "/metrics"};

TEST_F(AgentApiTest, AnotherNodesIdIs404Everywhere) {
  take_sample({});
  tasks_.tasks = PublishedTasks{"2026-01-15T10:30:00.123+00:00", "[]"};
  for (const std::string& path : kPaths) {
    EXPECT_EQ(get(path).status, 200U) << path;
    EXPECT_EQ(get(path + "?node_id=node-1").status, 200U) << path;
    for (const char* const other : {"node-2", "", "NODE-1", "node-1%20"}) {
      EXPECT_EQ(get(path + "?node_id=" + other).status, 404U) << path << other;
    }
  }
  const auto subscribe = [&](const std::string& query) {
    return (*router_.websocket("/ws/system-metrics"))(
        {.target = serve::parse_request_target("/ws/system-metrics" + query).value()});
  };
  EXPECT_TRUE(subscribe(""));
  EXPECT_TRUE(subscribe("?node_id=node-1"));
  EXPECT_EQ(subscribe("?node_id=node-2").error().status, 404U);
}

TEST_F(AgentApiTest, BeforeTheFirstSampleThereAreNoFigures) {
  for (const char* const path :
       {"/api/system/metrics", "/api/v1/system/metrics", "/api/v1/cluster/metrics",
        "/api/v1/hardware/accelerators", "/api/v1/hardware/cpu", "/metrics"}) {
    const serve::Response response = get(path);
    EXPECT_EQ(response.status, 503U) << path;
    EXPECT_EQ(Json::parse(*response.body)["status"], "error");
  }
  EXPECT_EQ(json("/api/system/info")["hostname"], "gpu-host-1");
  const Json cluster = json("/api/v1/cluster/info")["data"];
  EXPECT_EQ(cluster["totalResources"],
            (Json{{"cpu", 8}, {"memory", 1000}, {"accelerators", nullptr}}));
  EXPECT_EQ(cluster["usedResources"],
            (Json{{"cpu", nullptr}, {"memory", nullptr}, {"accelerators", nullptr}}));
  EXPECT_EQ(cluster["nodes"][0]["lastHeartbeat"], nullptr);
}

TEST_F(AgentApiTest, HealthIsThatOfTheSampler) {
  const Json healthy = json("/api/health");
  EXPECT_EQ(healthy["status"], "healthy");
  EXPECT_EQ(healthy["service"], "system_monitor");
  EXPECT_EQ(healthy["timestamp"].get<std::string>().substr(0, 11), "2025-06-04T");
  EXPECT_FALSE(healthy.contains("message"));
  clock_.pass(11s);
  const serve::Response response = get("/api/health");
  EXPECT_EQ(response.status, 503U);
  const Json unhealthy = Json::parse(*response.body);
  EXPECT_EQ(unhealthy["status"], "unhealthy");
  EXPECT_EQ(unhealthy["message"], "no sample of this host for 11 s");
}

TEST_F(AgentApiTest, TheRecordIsAListOfOneAndHasBothIds) {
  take_sample({.cpu_usage_percent = 12.5});
  const Json records = json("/api/system/metrics");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]["nodeId"], "node-1");
  EXPECT_EQ(records[0]["node_id"], "node-1");
  EXPECT_EQ(records[0]["cpu"]["overall"], 12.5);
  EXPECT_EQ(records[0]["timestamp"], 1749030268000);
  EXPECT_EQ(json("/api/v1/system/metrics"), (Json{{"success", true}, {"data", records[0]}}));
  EXPECT_EQ(json("/api/v1/cluster/metrics"), (Json{{"success", true}, {"data", records}}));
}

TEST_F(AgentApiTest, TheClusterIsThisNode) {
  take_sample({.cpu_usage_percent = 25,
               .memory = {.total_bytes = 2000},
               .memory_used_bytes = 600,
               .gpus = {{gpu("a", 10), gpu("b", 10.5), gpu("c", 100)}}});
  const Json cluster = json("/api/v1/cluster/info");
  EXPECT_EQ(cluster["success"], true);
  EXPECT_EQ(cluster["data"]["nodes"], (Json{{{"id", "node-1"},
                                             {"name", "node-1"},
                                             {"hostname", "gpu-host-1"},
                                             {"ip", "192.0.2.7"},
                                             {"role", "standalone"},
                                             {"status", "online"},
                                             {"lastHeartbeat", 1749030268000}}}));
  EXPECT_EQ(cluster["data"]["totalResources"],
            (Json{{"cpu", 8}, {"memory", 2000}, {"accelerators", 3}}));
  EXPECT_EQ(cluster["data"]["usedResources"],
            (Json{{"cpu", 2.0}, {"memory", 600}, {"accelerators", 2}}));
  clock_.pass(11s);
  EXPECT_EQ(json("/api/v1/cluster/info")["data"]["nodes"][0]["status"], "offline");
}

TEST_F(AgentApiTest, OfAGpuWhoseUseIsUnknownNobodyKnowsHowManyAreUsed) {
  take_sample({.gpus = {{gpu("a", 50), gpu("b", std::nullopt)}}});
  const Json cluster = json("/api/v1/cluster/info")["data"];
  EXPECT_EQ(cluster["totalResources"]["accelerators"], 2);
  EXPECT_EQ(cluster["usedResources"]["accelerators"], nullptr);
}

TEST_F(AgentApiTest, TheHardware) {
  take_sample({.cpu_usage_percent = 25, .gpus = {{gpu("Example GPU", 50)}}});
  const Json accelerators = json("/api/v1/hardware/accelerators");
  EXPECT_EQ(accelerators["success"], true);
  ASSERT_EQ(accelerators["data"].size(), 1U);
  EXPECT_EQ(accelerators["data"][0]["name"], "Example GPU");
  const Json cpu = json("/api/v1/hardware/cpu")["data"];
  EXPECT_EQ(cpu["model"], "Example CPU");
  EXPECT_EQ(cpu["physicalCores"], 4);
  EXPECT_EQ(cpu["logicalCores"], 8);
  EXPECT_EQ(cpu["overall"], 25);
}

TEST_F(AgentApiTest, TheStatusSaysHowItGoes) {
  take_sample({.conditions = {{.key = "gpu", .message = "no driver \xff"}}});
  clock_.wall += 90s;
  const Json status = json("/api/v1/system/status")["data"];
  EXPECT_EQ(status["status"], "healthy");
  EXPECT_EQ(status["message"], nullptr);
  EXPECT_EQ(status["nodeId"], "node-1");
  EXPECT_EQ(status["uptimeSeconds"], 90);
  EXPECT_EQ(status["intervalSeconds"], 2);
  EXPECT_EQ(status["websocketClients"], 0);
  EXPECT_EQ(status["tasks"], "the recorder is away");
  EXPECT_EQ(status["conditions"][0]["severity"], "warning");
  tasks_.tasks = PublishedTasks{"2026-01-15T10:30:00.123+00:00", "[]"};
  EXPECT_EQ(json("/api/v1/system/status")["data"]["tasks"], "known");
}

TEST_F(AgentApiTest, TasksAreThoseOfTheRecorder) {
  const serve::Response away = get("/api/v1/tasks");
  EXPECT_EQ(away.status, 503U);
  EXPECT_EQ(Json::parse(*away.body)["message"], "the recorder is away");
  tasks_.tasks = PublishedTasks{"2026-01-15T10:30:00.123+00:00", R"([{"task_id":"132178"}])"};
  EXPECT_EQ(json("/api/v1/tasks"), (Json{{"success", true},
                                         {"data", {{{"task_id", "132178"}}}},
                                         {"takenAt", "2026-01-15T10:30:00.123+00:00"}}));
}

TEST_F(AgentApiTest, MetricsHaveTheHostAndItsTasks) {
  take_sample({.cpu_usage_percent = 12.5});
  tasks_.tasks = PublishedTasks{
      "2026-01-15T10:30:00.123+00:00",
      R"([{"task_id":"132178","job_id":"9","module_name":"MD","container_name":"c","cpu_percent":150.5,)"
      R"("memory_used_bytes":1048576,"pids":null,)"
      R"("gpus":[{"uuid":"GPU-1","index":0,"task_memory_used_bytes":4096},null]}])"};
  const serve::Response response = get("/metrics");
  EXPECT_TRUE(response.content_type.starts_with("text/plain")) << response.content_type;
  const std::string& text = *response.body;
  EXPECT_NE(text.find(R"(host="gpu-host-1")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(task_id="132178")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(module="MD")"), std::string::npos) << text;
  EXPECT_NE(text.find(" 1048576\n"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(uuid="GPU-1")"), std::string::npos) << text;
  EXPECT_NE(text.find(" 4096\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("container_tasks"), std::string::npos) << text;  // unknown
}

TEST_F(AgentApiTest, FiguresThatAreOldAreNoMetrics) {
  take_sample({.cpu_usage_percent = 12.5});
  tasks_.tasks = PublishedTasks{"1970-01-01T00:01:00.500+00:00",
                                R"([{"container_name":"c","memory_used_bytes":1048576}])"};
  EXPECT_NE(get("/metrics").body->find("host_cpu_usage_percent{"), std::string::npos);
  clock_.pass(11s);
  const std::string text = *get("/metrics").body;
  EXPECT_EQ(text.find("host_cpu_usage_percent"), std::string::npos) << text;
  EXPECT_NE(text.find("host_sample_timestamp_seconds{host=\"gpu-host-1\"} 1749030268\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("container_memory_usage_bytes{"), std::string::npos) << text;
  EXPECT_NE(text.find("recorder_round_timestamp_seconds{host=\"gpu-host-1\"} 60.5\n"),
            std::string::npos)
      << text;
}

TEST_F(AgentApiTest, MetricsAreOpenMetricsForWhoAsksForThem) {
  take_sample({});
  const serve::Response response =
      get("/metrics", {{"Accept", "application/openmetrics-text; version=1.0.0"}});
  EXPECT_TRUE(response.content_type.starts_with("application/openmetrics-text"));
  EXPECT_TRUE(response.body->ends_with("# EOF\n"));
}

}  // namespace
}  // namespace wemol::agent
