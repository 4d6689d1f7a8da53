#include "config_file.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

using std::chrono::milliseconds;
constexpr std::string_view kPath = "/home/a/project/compete/config.yaml";

QueueSettings settings_of(std::string_view text) {
  const auto reading = parse_config(text, kPath);
  EXPECT_TRUE(reading) << (reading ? "" : reading.error().message);
  EXPECT_TRUE(!reading || reading->warnings.empty()) << text;
  return reading ? reading->settings : QueueSettings{};
}

std::string error_of(std::string_view text) {
  const auto reading = parse_config(text, "c.yaml");
  EXPECT_FALSE(reading) << text;
  return reading ? "" : reading.error().message;
}

TEST(QueueConfig, AnEmptyFileIsTheDefaults) {
  const QueueSettings settings = settings_of("");
  EXPECT_EQ(settings, default_settings(kPath));
  EXPECT_EQ(settings.work_dir, "/home/a/project");
  EXPECT_EQ(settings.check_time, milliseconds(5000));
  EXPECT_EQ(settings_of("# nothing\n"), settings);
  EXPECT_EQ(settings_of("gpu_left:\ncommand_timeout: null\nretry_config:\n"), settings);
}

TEST(QueueConfig, EachKeyIsTaken) {
  QueueSettings expected;
  expected.check_time = milliseconds(2500);
  expected.maximize_resource_utilization = true;
  expected.use_all_gpus = false;
  expected.compete_gpus = {"0", "GPU-1a2b"};
  expected.gpu_left = 0;
  expected.gpu_left_mode = QueueSettings::GpuLeftMode::last;
  expected.max_retry_before_backoff = 2;
  expected.backoff_duration = milliseconds(1000);
  expected.max_retries = 5;
  expected.command_timeout = milliseconds(3'600'000);
  expected.on_failure = QueueSettings::OnFailure::stop;
  expected.work_dir = "/data/w";
  expected.memory_headroom_bytes = std::uint64_t{3} << 29U;
  expected.placement = QueueSettings::Placement::pack;
  expected.start_delay = milliseconds(30'000);
  expected.reserve_after = milliseconds(60'000);
  expected.oom_memory_growth_percent = 12.5;
  EXPECT_EQ(settings_of(R"(check_time: 2.5
maximize_resource_utilization: yes
use_all_gpus: False
compete_gpus: [0, GPU-1a2b]
gpu_left: 0
gpu_left_mode: last
retry_config:
  max_retry_before_backoff: 2
  backoff_duration: 1
  max_retries: 5
command_timeout: 3600
on_failure: stop
work_dir: /data/w/
memory_headroom: 1.5
placement: pack
start_delay: 30
reserve_after: 60
oom_memory_growth: 12.5
)"),
            expected);
}

TEST(QueueConfig, DottedKeysAndNestedOnesAreTheSame) {
  EXPECT_EQ(settings_of("retry_config.max_retries: 7\nretry_config: {backoff_duration: 9}\n"),
            settings_of("retry_config:\n  max_retries: 7\n  backoff_duration: 9\n"));
  EXPECT_EQ(error_of("retry_config.max_retries: 7\nretry_config:\n  max_retries: 8\n"),
            "c.yaml:3: retry_config.max_retries stands in line 1 already");
}

TEST(QueueConfig, AWorkDirIsRelativeToTheFile) {
  EXPECT_EQ(settings_of("work_dir: ../other").work_dir, "/home/a/project/other");
  EXPECT_EQ(settings_of("work_dir: .").work_dir, "/home/a/project/compete");
}

TEST(QueueConfig, AListOfGpusMayBeOneText) {
  EXPECT_EQ(settings_of("compete_gpus: 0, 2").compete_gpus, (std::vector<std::string>{"0", "2"}));
  EXPECT_EQ(settings_of("compete_gpus: 3").compete_gpus, std::vector<std::string>{"3"});
  EXPECT_TRUE(settings_of("compete_gpus: []").compete_gpus.empty());
}

TEST(QueueConfig, AWrongValueIsAnErrorWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\ncheck_time: soon", "c.yaml:2: check_time has to be a number of seconds from 0.1"},
      {"check_time: 0", "c.yaml:1: check_time"},
      {"check_time: \"5\"", "c.yaml:1: check_time"},
      {"check_time: .nan", "c.yaml:1: check_time"},
      {"check_time: -5", "c.yaml:1: check_time"},
      {"use_all_gpus: 1", "c.yaml:1: use_all_gpus has to be true or false, not \"1\""},
      {"use_all_gpus: 'true'", "c.yaml:1: use_all_gpus has to be true or false"},
      {"gpu_left: 1.5", "c.yaml:1: gpu_left has to be a whole number from 0 to 1024, not \"1.5\""},
      {"gpu_left: -1", "c.yaml:1: gpu_left"},
      {"gpu_left: [1]", "c.yaml:1: gpu_left has to be a whole number from 0 to 1024, not a list"},
      {"gpu_left_mode: first", "c.yaml:1: gpu_left_mode has to be \"any\" or \"last\""},
      {"on_failure: never", "c.yaml:1: on_failure has to be \"retry\", \"skip\" or \"stop\""},
      {"retry_config.max_retry_before_backoff: 0", "c.yaml:1: retry_config.max_retry_before"},
      {"retry_config: 3", "c.yaml:1: retry_config has to be a map of keys"},
      {"command_timeout: 0", "c.yaml:1: command_timeout has to be none or a number of seconds"},
      {"compete_gpus: [[0]]", "c.yaml:1: compete_gpus has to be a list of indices or UUIDs"},
      {"compete_gpus: {a: 1}", "c.yaml:1: compete_gpus"},
      {"memory_headroom: lots", "c.yaml:1: memory_headroom has to be a number of GB"},
      {"- 1\n- 2", "c.yaml:1: the file has to be a map"},
      {"a: b: c", "c.yaml:1: "},
      {"gpu_left: 1\n\t- x", "c.yaml:2: "},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_TRUE(error_of(text).starts_with(expected)) << text << "\n" << error_of(text);
  }
  EXPECT_EQ(error_of("gpu_left: x\nuse_all_gpus: y\n"),
            "c.yaml:1: gpu_left has to be a whole number from 0 to 1024, not \"x\"; "
            "c.yaml:2: use_all_gpus has to be true or false, not \"y\"");
}

TEST(QueueConfig, AnUnknownKeyIsAWarningWithTheNearestOne) {
  const auto reading = parse_config(
      "gpus_left: 2\nretry_config:\n  max_retrys: 1\nmax_retries: 1\nzzzzzzzzz: {a: 1}\ngpu_left: "
      "3\n",
      "c.yaml");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->warnings,
            (std::vector<std::string>{
                "c.yaml:1: unknown key \"gpus_left\"; \"gpu_left\"?",
                "c.yaml:3: unknown key \"retry_config.max_retrys\"; \"retry_config.max_retries\"?",
                "c.yaml:4: unknown key \"max_retries\"; \"retry_config.max_retries\"?",
                "c.yaml:5: unknown key \"zzzzzzzzz\""}));
  EXPECT_EQ(reading->settings.gpu_left, 3U);
}

TEST(QueueConfig, AMissingFileIsTheDefaultsOnlyAtItsUsualPlace) {
  const test::TempDir dir;
  const auto path = dir / "compete/config.yaml";
  EXPECT_EQ(read_config(path).error().code, ENOENT);
  const auto defaults = read_config(path, MissingConfig::is_defaults);
  ASSERT_TRUE(defaults);
  EXPECT_EQ(defaults->settings.work_dir, dir.path());
  test::write_text(path, "gpu_left: 4\nwork_dir: nowhere\n");
  EXPECT_NE(read_config(path).error().message.find("nowhere"), std::string::npos);
  test::write_text(path, "gpu_left: 4\n");
  EXPECT_EQ(read_config(path).value().settings.gpu_left, 4U);
}

}  // namespace
}  // namespace wemol::queue
