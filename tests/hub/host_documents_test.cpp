#include "host_documents.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_clock.h"
#include "host_report.h"
#include "hub_metrics.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

class HubHostDocuments : public testing::Test {
 protected:
  void take(const Json& report, const std::string& address = "10.1.2.7", bool has_token = true) {
    auto parsed = parse_report(report.dump());
    ASSERT_TRUE(parsed) << parsed.error().message;
    ASSERT_TRUE(table_.take(std::move(*parsed), {clock_.moment(), address, has_token}));
  }

  HostTable table_;
  test::FakeClock clock_;
};

TEST_F(HubHostDocuments, GpuStatsHasTheLastReportOfEachHost) {
  EXPECT_EQ(gpu_stats_json(table_).joined(), R"({"machines":{}})");
  take(test::old_report("b"));
  clock_.pass(11s);
  take({{"hostname", "a"}});
  (void)table_.refresh(clock_.now());
  Json expected;
  expected["machines"]["a"] = {{"hostname", "a"}, {"is_online", true}};
  expected["machines"]["b"] = test::old_report("b");
  expected["machines"]["b"]["is_online"] = false;
  EXPECT_EQ(Json::parse(gpu_stats_json(table_).joined()), expected);
}

TEST_F(HubHostDocuments, TheEntityTagGoesWithTheChanges) {
  take(test::old_report("a"));
  const std::string tag = entity_tag(table_, "7f");
  EXPECT_EQ(tag, R"("7f-1")");
  clock_.pass(1h);
  EXPECT_EQ(entity_tag(table_, "7f"), tag);
  (void)table_.refresh(clock_.now());
  EXPECT_NE(entity_tag(table_, "7f"), tag);
}

TEST_F(HubHostDocuments, ChangesAreAMessage) {
  take(test::old_report("a"));
  take({{"hostname", "b"}});
  (void)table_.remove("a");
  EXPECT_EQ(changes_json(table_.changes_since(1)),
            R"({"type":"hosts","revision":3,"everything":false,"machines":{"b":{"hostname":"b",)"
            R"("is_online":true}},"removed":["a"]})");
}

TEST_F(HubHostDocuments, HostsSaysWhoReports) {
  take(test::agent_report("a"));
  clock_.pass(2s);
  take(test::old_report("b"), "10.1.2.8", false);
  const Json hosts = Json::parse(hosts_json(table_, clock_.now()))["hosts"];
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0]["hostname"], "a");
  EXPECT_EQ(hosts[0]["is_online"], true);
  EXPECT_EQ(hosts[0]["seconds_since"], 2.0);
  EXPECT_EQ(hosts[0]["interval"], 5.0);
  EXPECT_EQ(hosts[0]["address"], "10.1.2.7");
  EXPECT_EQ(hosts[0]["gpu_count"], 2);
  EXPECT_EQ(hosts[0]["has_token"], true);
  EXPECT_EQ(hosts[1]["interval"], nullptr);
  EXPECT_EQ(hosts[1]["has_token"], false);
}

TEST_F(HubHostDocuments, TasksAreThoseOfAllHosts) {
  take(test::old_report("a"));
  take(test::agent_report("b"));
  const Json hosts = Json::parse(tasks_json(table_))["hosts"];
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0]["hostname"], "b");
  EXPECT_EQ(hosts[0]["tasks"][0]["task_id"], "007");
}

TEST_F(HubHostDocuments, ServiceDiscoveryHasHostsThatServeMetrics) {
  take(test::old_report("a"));
  take(test::agent_report("b"));
  take(test::agent_report("c"), "fd00::7");
  EXPECT_EQ(service_discovery_json(table_),
            R"([{"targets":["10.1.2.7:8080"],"labels":{"host":"b"}},)"
            R"({"targets":["[fd00::7]:8080"],"labels":{"host":"c"}}])");
}

TEST_F(HubHostDocuments, MetricsTellWhoIsOnline) {
  take(test::old_report("a"));
  clock_.pass(11s);
  take(test::old_report("b"));
  (void)table_.refresh(clock_.now());
  MetricsText text(MetricsFormat::prometheus_text, "hub1");
  add_hub_metrics(table_, text);
  const std::string all = text.take();
  EXPECT_NE(all.find("\nhub_hosts_online{host=\"hub1\"} 1\n"), std::string::npos) << all;
  EXPECT_NE(all.find("\nhub_host_online{host=\"hub1\",node=\"a\"} 0\n"), std::string::npos);
  EXPECT_NE(all.find("\nhub_host_online{host=\"hub1\",node=\"b\"} 1\n"), std::string::npos);
  EXPECT_NE(all.find("# TYPE hub_reports_total counter"), std::string::npos);
}

}  // namespace
}  // namespace wemol::hub
