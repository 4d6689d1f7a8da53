// The ready files of config/hub, and the history that is read from Prometheus and VictoriaMetrics:
// the real programs scrape the agent's metrics.

#include <unistd.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "background_program.h"
#include "fake_clock.h"
#include "full_host_sample.h"
#include "host_documents.h"
#include "host_metrics.h"
#include "host_schema.h"
#include "metrics_text.h"
#include "prometheus_history.h"
#include "task_schema.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kConfig = fs::path(WEMOL_PROJECT_DIR) / "config" / "hub";

bool has_program(const std::string& name) {
  return !test::output_of("command -v " + name).empty();
}

bool wait_for(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 60s;
       std::chrono::steady_clock::now() < end;) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(100ms);
  }
  return false;
}

/// What an agent with one GPU and one task serves. The task's labels are those of task_metrics.cpp.
std::string agent_metrics() {
  HostSample sample = test::full_host_sample();
  sample.read_at = std::chrono::system_clock::now();
  MetricsText text(MetricsFormat::prometheus_text, "gpu7");
  add_host_metrics(sample, text);
  for (const auto& field : sample_fields()) {
    text.begin_family(field);
    if (!field.metric.empty()) {
      text.add(
          {{"container", "my.job"}, {"task_id", "7"}, {"job_id", "1"}, {"module", "AlphaFold"}},
          12.5);
    }
  }
  for (const auto& field : gpu_use_fields()) {
    text.begin_family(field);
    text.add({{"container", "my.job"},
              {"task_id", "7"},
              {"job_id", "1"},
              {"module", "AlphaFold"},
              {"gpu", "3"},
              {"uuid", "GPU-5c1b6fd4"}},
             25.0);
  }
  return text.take();
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + by.size())) {
    text.replace(at, part.size(), by);
  }
  return text;
}

/// The ready scrape configuration with this test's addresses, a scrape per second.
class Scraping {
 public:
  Scraping() {
    test::write_text(dir_ / "metrics", agent_metrics());
    HostTable table;
    test::FakeClock clock;
    (void)table.take(
        {.hostname = "gpu7", .metrics_port = static_cast<std::uint16_t>(port_), .json = "{}"},
        {.moment = clock.moment(), .address = "127.0.0.1"});
    test::write_text(dir_ / "sd.json", service_discovery_json(table));
    std::string config = test::read_text(kConfig / "prometheus.yml");
    config = replaced(config, "http://127.0.0.1:7864/api/sd", address() + "/sd.json");
    // The hub's own metrics are not served here.
    config = replaced(config, "127.0.0.1:7864", "127.0.0.1:" + std::to_string(test::free_port()));
    config = replaced(config, "_interval: 15s", "_interval: 1s");
    test::write_text(dir_ / "prometheus.yml", config);
    fs::copy_file(kConfig / "wemol-rules.yml", dir_ / "wemol-rules.yml");
    agent_.emplace(std::vector<std::string>{"python3", "-m", "http.server", "--bind", "127.0.0.1",
                                            "--directory", dir_.path(), std::to_string(port_)},
                   dir_ / "agent.log");
  }

  [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] const test::TempDir& dir() const { return dir_; }

 private:
  test::TempDir dir_;
  int port_ = test::free_port();
  std::optional<test::BackgroundProgram> agent_;
};

/// Prometheus or VictoriaMetrics, scraping.
class Engine {
 public:
  explicit Engine(const std::string& name) {
    const std::string listen = "127.0.0.1:" + std::to_string(port_);
    const fs::path& dir = scraping_.dir().path();
    if (name == "prometheus") {
      start({"prometheus", "--config.file=" + (dir / "prometheus.yml").string(),
             "--storage.tsdb.path=" + (dir / "data").string(), "--web.listen-address=" + listen});
    } else {
      start({"victoria-metrics", "-promscrape.config=" + (dir / "prometheus.yml").string(),
             "-promscrape.config.strictParse=false", "-promscrape.httpSDCheckInterval=1s",
             "-storageDataPath=" + (dir / "data").string(), "-httpListenAddr=" + listen,
             "-search.latencyOffset=0s", "-search.disableCache"});
    }
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] const fs::path& dir() const { return scraping_.dir().path(); }

 private:
  void start(std::vector<std::string> argv) {
    program_.emplace(std::move(argv), scraping_.dir() / "engine.log");
  }

  Scraping scraping_;
  int port_ = test::free_port();
  std::optional<test::BackgroundProgram> program_;
};

/// The tests only ask, so one engine of a kind serves them all.
class HubPrometheus : public testing::TestWithParam<std::string> {
 protected:
  static void TearDownTestSuite() { engines_.clear(); }

  void SetUp() override {
    for (const std::string& program : {GetParam(), std::string("python3"), std::string("curl")}) {
      if (!has_program(program)) {
        GTEST_SKIP() << "there is no " << program << " here";
      }
    }
    std::unique_ptr<Engine>& engine = engines_[GetParam()];
    if (!engine) {
      engine = std::make_unique<Engine>(GetParam());
    }
    engine_ = engine.get();
    // Two scrapes, so that there are rates.
    ASSERT_TRUE(wait_for([&] {
      return !is_empty("rate(host_disk_read_bytes_total{host=\"gpu7\"}[30s])");
    })) << test::read_text(engine_->dir() / "engine.log");
  }

  [[nodiscard]] std::string url() const { return engine_->url(); }

  [[nodiscard]] Json instant(const std::string& query) const {
    test::write_text(engine_->dir() / "query", query);
    return Json::parse(
        test::output_of("curl -s " + url() + "/api/v1/query --data-urlencode query@" +
                        (engine_->dir() / "query").string()),
        nullptr, false);
  }
  [[nodiscard]] bool is_empty(const std::string& query) const {
    const Json answer = instant(query);
    return !answer.is_object() || answer.value("status", "") != "success" ||
           answer["data"]["result"].empty();
  }

  [[nodiscard]] Result<HistoryAnswer> ask(const std::vector<std::string>& metrics) const {
    PrometheusHistory history(
        [this](const PromQuestion& question, auto done) {
          test::write_text(engine_->dir() / "form", question.form);
          done(PromAnswer{200,
                          test::output_of("curl -s " + url() + question.path + " --data-binary @" +
                                          (engine_->dir() / "form").string())});
        },
        1s);
    const auto now = std::chrono::system_clock::now();
    Result<HistoryAnswer> result = failure("no answer");
    history.query({"gpu7", metrics, now - 5min, now + 10s, 10s},
                  [&](Result<HistoryAnswer> answer) { result = std::move(answer); });
    return result;
  }

  Engine* engine_ = nullptr;

 private:
  static inline std::map<std::string, std::unique_ptr<Engine>> engines_;
};

TEST_P(HubPrometheus, HasTheFiguresThatTheAgentServes) {
  std::vector<std::pair<std::string, double>> wanted;
  for_each_figure(test::full_host_sample(), [&](std::string_view name, double value) {
    // Rates of counters that stand still are 0 here.
    const bool is_rate = name.find("per_sec") != std::string_view::npos;
    if (name.find(".core") == std::string_view::npos) {
      wanted.emplace_back(name, is_rate ? 0 : value);
    }
  });
  ASSERT_GT(wanted.size(), 40U);
  for (const auto& [name, value] : wanted) {
    const auto answer = ask({name});
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    ASSERT_EQ(answer->series.size(), 1U) << name;
    EXPECT_EQ(answer->series[0].metric, name);
    ASSERT_FALSE(answer->series[0].points.empty()) << name;
    const HistoryPoint& point = answer->series[0].points.back();
    EXPECT_NEAR(point.min, value, std::abs(value) * 1e-6) << name;
    EXPECT_NEAR(point.mean, value, std::abs(value) * 1e-6) << name;
    EXPECT_NEAR(point.max, value, std::abs(value) * 1e-6) << name;
  }
}

TEST_P(HubPrometheus, FindsContainersByTheirFigures) {
  const auto answer = ask(
      {"container.*.cpu_percent", "container.my_job.gpu.*.task_memory_used_bytes", "gpu.*.temp"});
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->series.size(), 3U);
  EXPECT_EQ(answer->series[0].metric, "container.my_job.cpu_percent");
  EXPECT_EQ(answer->series[1].metric, "container.my_job.gpu.3.task_memory_used_bytes");
  EXPECT_EQ(answer->series[1].points.back().mean, 25.0);
  EXPECT_EQ(answer->series[2].metric, "gpu.3.temp");
}

TEST_P(HubPrometheus, EachQueryOfTheDashboardFindsSomething) {
  const Json dashboard = Json::parse(test::read_text(kConfig / "grafana-dashboard.json"));
  std::size_t count = 0;
  for (const Json& panel : dashboard["panels"]) {
    for (const Json& target : panel["targets"]) {
      std::string query = replaced(target["expr"], "$host", ".*");
      query = replaced(query, "$__rate_interval", "30s");
      EXPECT_FALSE(is_empty(query)) << query << "\n" << instant(query).dump();
      ++count;
    }
  }
  EXPECT_GE(count, 20U);
}

TEST_P(HubPrometheus, TheHostsNameIsThatOfTheHubAndUpHasIt) {
  EXPECT_FALSE(is_empty("up{job=\"wemol-agent\",host=\"gpu7\"} == 1"));
  EXPECT_TRUE(is_empty("{exported_host!=\"\"}"));
}

INSTANTIATE_TEST_SUITE_P(Engines, HubPrometheus, testing::Values("prometheus", "victoria-metrics"),
                         [](const auto& engine) { return replaced(engine.param, "-", "_"); });

TEST(HubPrometheusFiles, PromtoolFindsThemGood) {
  if (!has_program("promtool")) {
    GTEST_SKIP() << "there is no promtool here";
  }
  const std::string checked = test::output_of(
      "promtool check config " + (kConfig / "prometheus.yml").string() + " 2>&1; echo status $?");
  EXPECT_NE(checked.find("status 0"), std::string::npos) << checked;
  const std::string tested = test::output_of(
      "promtool test rules " + (fs::path(WEMOL_PROJECT_DIR) / "tests/hub/rules_test.yml").string() +
      " 2>&1; echo status $?");
  EXPECT_NE(tested.find("status 0"), std::string::npos) << tested;
}

TEST(HubPrometheusFiles, EachMetricThatTheyNameIsOneOfTheAgents) {
  const std::string metrics = agent_metrics();
  const std::string files = test::read_text(kConfig / "wemol-rules.yml") +
                            test::read_text(kConfig / "grafana-dashboard.json");
  const std::regex name("\\b(host|gpu|container)_[a-z0-9_]+");
  std::size_t count = 0;
  for (auto at = std::sregex_iterator(files.begin(), files.end(), name);
       at != std::sregex_iterator(); ++at) {
    // The middle of a recorded one's name, "host:gpu_memory_used:ratio", says what it is made of.
    if (at->position() > 0 && files[static_cast<std::size_t>(at->position()) - 1] == ':') {
      continue;
    }
    EXPECT_NE(metrics.find("\n" + at->str() + "{"), std::string::npos) << at->str();
    ++count;
  }
  EXPECT_GT(count, 40U);
}

}  // namespace
}  // namespace wemol::hub
