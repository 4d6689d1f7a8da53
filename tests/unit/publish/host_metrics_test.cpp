#include "host_metrics.h"

#include <sys/wait.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "full_host_sample.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

bool has_line(const std::string& text, const std::string& line) {
  const Lines lines = lines_of(text);
  return std::ranges::find(lines, line) != lines.end();
}

std::string prometheus_text(const HostSample& sample) {
  return host_metrics_text(sample, "gpu7", MetricsFormat::prometheus_text);
}

std::string openmetrics(const HostSample& sample) {
  return host_metrics_text(sample, "gpu7", MetricsFormat::openmetrics);
}

TEST(HostMetrics, HaveGaugesAndCountersWithTheirLabels) {
  const std::string text = prometheus_text(test::full_host_sample());
  for (const char* const line :
       {R"(host_sample_timestamp_seconds{host="gpu7"} 1768473001.234567)",
        R"(host_cpu_usage_percent{host="gpu7"} 37.5)", R"(host_load15{host="gpu7"} 2)",
        R"(host_memory_used_bytes{host="gpu7"} 17179869184)",
        R"(host_cpu_core_usage_percent{host="gpu7",cpu="2"} 25)",
        R"(host_cpu_frequency_hertz{host="gpu7",cpu="0"} 3200500000)",
        R"(host_cpu_busy_seconds_total{host="gpu7",cpu="0"} 12.5)",
        R"(host_cpu_idle_seconds_total{host="gpu7",cpu="0"} 87.5)",
        R"(host_disk_read_bytes_total{host="gpu7",device="nvme0n1"} 123456789012)",
        R"(host_disk_reads_completed_total{host="gpu7",device="nvme0n1"} 1000)",
        R"(host_network_transmit_bytes_total{host="gpu7",device="eth0"} 4000)",
        R"(host_filesystem_available_bytes{host="gpu7",mountpoint="/",fstype="ext4"} 59055800320)",
        R"(gpu_info{host="gpu7",gpu="3",uuid="GPU-5c1b6fd4",model="NVIDIA L4"} 1)",
        R"(gpu_utilization_percent{host="gpu7",gpu="3",uuid="GPU-5c1b6fd4"} 80)",
        R"(gpu_sm_clock_hertz{host="gpu7",gpu="3",uuid="GPU-5c1b6fd4"} 2040000000)",
        R"(gpu_corrected_memory_errors_total{host="gpu7",gpu="3",uuid="GPU-5c1b6fd4"} 2)"}) {
    EXPECT_TRUE(has_line(text, line)) << line;
  }
}

TEST(HostMetrics, NameACountersFamilyAsTheFormatWantsIt) {
  const HostSample sample = test::full_host_sample();
  EXPECT_TRUE(has_line(prometheus_text(sample), "# TYPE host_cpu_busy_seconds_total counter"));
  EXPECT_TRUE(has_line(prometheus_text(sample), "# TYPE host_load1 gauge"));
  EXPECT_EQ(prometheus_text(sample).find("# UNIT"), std::string::npos);
  EXPECT_EQ(prometheus_text(sample).find("# EOF"), std::string::npos);

  const std::string open = openmetrics(sample);
  EXPECT_TRUE(has_line(open, "# TYPE host_cpu_busy_seconds counter"));
  EXPECT_TRUE(has_line(open, "# UNIT host_cpu_busy_seconds seconds"));
  EXPECT_TRUE(has_line(open, R"(host_cpu_busy_seconds_total{host="gpu7",cpu="0"} 12.5)"));
  EXPECT_TRUE(open.ends_with("\n# EOF\n"));
  EXPECT_EQ(open.find("# EOF"), open.size() - 6);
}

/// What a scraper takes for granted, in both formats.
void expect_well_formed(const std::string& text) {
  static const std::regex sample_line(
      R"re(([a-z_][a-z0-9_]*)\{([a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*)\} (-?[0-9.]+(?:e[+-][0-9]+)?))re");
  std::set<std::string> families;
  std::set<std::string> series;
  std::string family;
  std::string type;
  for (const std::string& line : lines_of(text)) {
    std::smatch found;
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family << " is in two places";
      EXPECT_GT(line.size(), 7 + family.size() + 1) << line;
    } else if (line.starts_with("# TYPE " + family + " ")) {
      type = line.substr(line.rfind(' ') + 1);
    } else if (line.starts_with("# UNIT " + family + " ") || line == "# EOF") {
      continue;
    } else {
      ASSERT_TRUE(std::regex_match(line, found, sample_line)) << line;
      const std::string name = found[1];
      EXPECT_TRUE(name == family || name == family + "_total") << name << " in " << family;
      EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
      EXPECT_TRUE(series.insert(name + "{" + found[2].str()).second) << line << " comes twice";
    }
  }
  EXPECT_FALSE(series.empty());
}

TEST(HostMetrics, AreWellFormed) {
  expect_well_formed(prometheus_text(test::full_host_sample()));
  expect_well_formed(openmetrics(test::full_host_sample()));
}

TEST(HostMetrics, WhatIsUnknownLeavesNoTrace) {
  const std::string text = openmetrics(HostSample{});
  EXPECT_EQ(lines_of(text).size(), 5U) << text;  // when it was read, and the end
  HostSample sample = test::full_host_sample();
  sample.facts = nullptr;
  sample.gpus->front().power_draw_watts.reset();
  sample.cpu_usage_percent = std::numeric_limits<double>::quiet_NaN();
  const std::string without = prometheus_text(sample);
  for (const char* const name : {"host_cpu_busy_seconds_total", "host_disk_read_bytes_total",
                                 "gpu_power_draw_watts", "host_cpu_usage_percent"}) {
    EXPECT_EQ(without.find(name), std::string::npos) << name;
  }
  expect_well_formed(without);
}

HostSample hostile_sample() {
  HostSample sample = test::full_host_sample();
  const std::string hostile = "a\"b\\c\nd\x01\xff\xed\xa0\x80}";
  sample.gpus->front().name = hostile;
  sample.gpus->front().uuid = hostile;
  sample.file_systems->front().mount_point = hostile;
  sample.file_systems->push_back(sample.file_systems->front());  // the same labels
  return sample;
}

TEST(HostMetrics, HostileTextBreaksNoLabel) {
  const HostSample sample = hostile_sample();
  const std::string text = host_metrics_text(sample, "h\"\n\xff", MetricsFormat::prometheus_text);
  expect_well_formed(text);
  EXPECT_TRUE(has_line(
      text,
      R"re(host_filesystem_size_bytes{host="h\" ?",mountpoint="a\"b\\c d ????}",fstype="ext4"} 107374182400)re"))
      << text;
}

TEST(HostMetrics, AreChosenByWhatTheScraperAccepts) {
  const auto is_open = [](std::string_view accept) {
    return metrics_format_for(accept) == MetricsFormat::openmetrics;
  };
  // Prometheus 2.42 and 2.53.
  EXPECT_TRUE(
      is_open("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
              "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(is_open("application/openmetrics-text"));
  EXPECT_FALSE(is_open(""));
  EXPECT_FALSE(is_open("*/*"));
  EXPECT_FALSE(is_open("text/html, text/plain;q=0.9"));
  EXPECT_FALSE(is_open("text/plain;version=0.0.4, application/openmetrics-text;q=0.5"));
  EXPECT_FALSE(is_open("application/openmetrics-text;q=0"));
  EXPECT_FALSE(is_open(";,;q=,application/openmetrics-text;q=x"));
  EXPECT_TRUE(metrics_content_type(MetricsFormat::openmetrics)
                  .starts_with("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(metrics_content_type(MetricsFormat::prometheus_text)
                  .starts_with("text/plain; version=0.0.4"));
}

/// What a command says of the text, with its exit status.
std::string said_by(const std::string& command, const std::string& text) {
  const test::TempDir dir;
  test::write_text(dir / "in", text);
  const int status = std::system(
      (command + " <" + (dir / "in").string() + " >" + (dir / "out").string() + " 2>&1").c_str());
  return test::read_text(dir / "out") + "exit " + std::to_string(WEXITSTATUS(status));
}

TEST(HostMetrics, PromtoolHasNothingToSay) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "Debian's package prometheus has promtool";
  }
  EXPECT_EQ(said_by("promtool check metrics", prometheus_text(test::full_host_sample())), "exit 0");
  EXPECT_EQ(said_by("promtool check metrics", prometheus_text(hostile_sample())), "exit 0");
}

TEST(HostMetrics, APeerReadsTheOpenMetrics) {
  const std::string parse =
      "/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import "
      "text_string_to_metric_families as f; print(sum(len(m.samples) for m in "
      "f(sys.stdin.read())))'";
  if (std::system("/usr/bin/python3 -c 'import prometheus_client' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "Debian's package python3-prometheus-client reads OpenMetrics";
  }
  const std::string text = openmetrics(hostile_sample());
  const auto samples = std::ranges::count_if(
      lines_of(text), [](const std::string& line) { return !line.starts_with("#"); });
  EXPECT_EQ(said_by(parse, text), std::to_string(samples) + "\nexit 0");
}

}  // namespace
}  // namespace wemol
