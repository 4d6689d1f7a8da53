#include <cmath>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <wemol/monitor_c.h>

#include "run_lines.h"
#include "temp_dir.h"

namespace wemol::test {
namespace {

using namespace std::chrono_literals;

class SdkCApi : public testing::Test {
 protected:
  SdkCApi() {
    options.project = "project";
    options.run_id = "run";
    options.dir = folder.c_str();
    options.collect_interval_seconds = 0.1;
  }
  ~SdkCApi() override { wemol_finish_all(); }

  TempDir dir;
  std::string folder = dir.path().string();
  wemol_run_options options{};
};

TEST_F(SdkCApi, ARunFromItsBeginToItsEnd) {
  wemol_run* run = nullptr;
  ASSERT_EQ(wemol_init(&options, &run), WEMOL_OK) << wemol_last_error();
  EXPECT_STREQ(wemol_run_id(run), "run");
  wemol_metric metrics[5] = {};
  metrics[0] = {"number", WEMOL_NUMBER, {.number = 0.5}};
  metrics[1] = {"integer", WEMOL_INTEGER, {.integer = -7}};
  metrics[2] = {"boolean", WEMOL_BOOLEAN, {.boolean = 1}};
  metrics[3] = {"text", WEMOL_TEXT, {.text = "x"}};
  metrics[4] = {"null", WEMOL_NULL, {}};
  const int64_t step = 3;
  EXPECT_EQ(wemol_run_log(run, metrics, 5, &step), WEMOL_OK);
  EXPECT_EQ(wemol_run_log_number(run, "loss", NAN), WEMOL_OK);
  const auto lines = run_lines(wemol_run_file(run));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["_step"], 3);
  EXPECT_EQ(lines[0]["number"], 0.5);
  EXPECT_EQ(lines[0]["integer"], -7);
  EXPECT_EQ(lines[0]["boolean"], true);
  EXPECT_EQ(lines[0]["text"], "x");
  EXPECT_TRUE(lines[0]["null"].is_null());
  EXPECT_TRUE(lines[1]["loss"].is_null());
  wemol_run_status status{};
  EXPECT_EQ(wemol_run_finish(run, &status), WEMOL_OK);
  EXPECT_EQ(status.lines_written, 2U);
  EXPECT_EQ(wemol_run_finish(run, nullptr), WEMOL_OK);
  EXPECT_EQ(wemol_run_log_number(run, "loss", 1), WEMOL_NOT_WRITTEN);
  EXPECT_STREQ(wemol_last_error(), "the run is finished");
  wemol_run_free(run);
}

TEST_F(SdkCApi, WrongArgumentsAreToldOf) {
  wemol_run* run = nullptr;
  EXPECT_EQ(wemol_init(&options, nullptr), WEMOL_INVALID_ARGUMENT);
  EXPECT_STRNE(wemol_last_error(), "");
  options.collect_interval_seconds = 0.01;
  EXPECT_EQ(wemol_init(&options, &run), WEMOL_INVALID_ARGUMENT);
  EXPECT_EQ(run, nullptr);
  EXPECT_NE(std::string(wemol_last_error()).find("0.1 s"), std::string::npos);
  EXPECT_EQ(wemol_run_log(nullptr, nullptr, 0, nullptr), WEMOL_INVALID_ARGUMENT);
  EXPECT_EQ(wemol_get_cpu_usage(nullptr, nullptr), WEMOL_INVALID_ARGUMENT);
  EXPECT_STREQ(wemol_run_id(nullptr), "");
  wemol_run_free(nullptr);
  wemol_monitor_free(nullptr);
  wemol_unsubscribe(nullptr);
  wemol_free_text(nullptr);
  wemol_cleanup_run_monitor(nullptr, nullptr);
  std::string other = "untouched";
  std::thread([&] { other = wemol_last_error(); }).join();
  EXPECT_EQ(other, "") << "each thread has its own";
}

TEST_F(SdkCApi, ALostLineIsToldOf) {
  std::ofstream(dir / "project") << "a file in the folder's place";
  wemol_run* run = nullptr;
  ASSERT_EQ(wemol_init(&options, &run), WEMOL_OK);
  EXPECT_EQ(wemol_run_log_number(run, "loss", 1), WEMOL_NOT_WRITTEN);
  char* const error = wemol_run_last_error(run);
  EXPECT_STRNE(error, "");
  wemol_free_text(error);
  wemol_run_status status{};
  EXPECT_EQ(wemol_run_finish(run, &status), WEMOL_NOT_WRITTEN);
  EXPECT_EQ(status.lines_lost, 1U);
  wemol_run_free(run);
}

TEST_F(SdkCApi, TheHostsFigures) {
  wemol_monitor* monitor = nullptr;
  ASSERT_EQ(wemol_monitor_open("run", &monitor), WEMOL_OK);
  size_t cpus = 0;
  EXPECT_EQ(wemol_get_cpu_count(monitor, &cpus), WEMOL_OK);
  EXPECT_GT(cpus, 0U);
  double usage = -1;
  EXPECT_EQ(wemol_get_cpu_usage(monitor, &usage), WEMOL_OK) << wemol_last_error();
  EXPECT_GE(usage, 0);
  EXPECT_LE(usage, 100);
  double load[3] = {-1, -1, -1};
  EXPECT_EQ(wemol_get_cpu_load(monitor, load), WEMOL_OK);
  EXPECT_GE(load[2], 0);
  uint64_t used = 0;
  uint64_t total = 0;
  EXPECT_EQ(wemol_get_memory_bytes(monitor, &used, &total), WEMOL_OK);
  EXPECT_GT(used, 0U);
  EXPECT_GT(total, used);
  double percent = 0;
  EXPECT_EQ(wemol_get_memory_usage(monitor, &percent), WEMOL_OK);
  EXPECT_GT(percent, 0);
  size_t gpus = 99;
  EXPECT_EQ(wemol_get_gpu_count(monitor, &gpus), WEMOL_OK);
  EXPECT_EQ(wemol_get_gpu_utilization(monitor, gpus, &percent), WEMOL_INVALID_ARGUMENT);
  wemol_gpu_scope* scope = nullptr;
  ASSERT_EQ(wemol_gpu_usage_begin(monitor, -1, &scope), WEMOL_OK);
  size_t count = 99;
  EXPECT_EQ(wemol_gpu_usage_end(scope, nullptr, 0, &count), WEMOL_OK);
  EXPECT_EQ(count, gpus);
  wemol_monitor_free(monitor);
}

void count_record(const char* json, void* user_data) {
  if (nlohmann::json::parse(json).contains("cpu")) {
    ++*static_cast<std::atomic<int>*>(user_data);
  }
}

TEST_F(SdkCApi, AMonitorWithACallback) {
  wemol_system_monitor* monitor = nullptr;
  wemol_system_monitor_options monitor_options{};
  monitor_options.project = "project";
  monitor_options.dir = folder.c_str();
  monitor_options.node_id = "node-1";
  monitor_options.collect_interval_seconds = 0.1;
  ASSERT_EQ(wemol_get_run_system_monitor("run", &monitor_options, &monitor), WEMOL_OK);
  char* text = nullptr;
  EXPECT_EQ(wemol_get_current_metrics(monitor, &text), WEMOL_UNKNOWN);
  std::atomic<int> records = 0;
  wemol_subscription* subscription = nullptr;
  ASSERT_EQ(wemol_add_callback(monitor, count_record, &records, &subscription), WEMOL_OK);
  ASSERT_EQ(wemol_system_monitor_start(monitor), WEMOL_OK);
  while (records < 3) {
    std::this_thread::sleep_for(10ms);
  }
  wemol_unsubscribe(subscription);
  ASSERT_EQ(wemol_get_current_metrics(monitor, &text), WEMOL_OK);
  EXPECT_EQ(nlohmann::json::parse(text)["nodeId"], "node-1");
  wemol_free_text(text);
  ASSERT_EQ(wemol_get_system_info(monitor, &text), WEMOL_OK);
  EXPECT_NE(nlohmann::json::parse(text)["hostname"], "");
  wemol_free_text(text);
  EXPECT_EQ(wemol_log_custom_metric(monitor, "custom.x", 1), WEMOL_OK);
  EXPECT_EQ(run_lines(dir / "project" / "run.jsonl").size(), 1U);
  EXPECT_EQ(wemol_system_monitor_stop(monitor), WEMOL_OK);
  wemol_system_monitor_free(monitor);
  wemol_cleanup_run_monitor("run", nullptr);
}

}  // namespace
}  // namespace wemol::test
