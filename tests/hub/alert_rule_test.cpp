#include "alert_rule.h"

#include <string>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

std::string trouble_of(const std::string& toml) {
  const auto rules = read_alert_rules(toml);
  return rules ? "" : rules.error().message;
}

/// A rule with one line more.
std::string with(const std::string& line) {
  return "[[alert]]\nname = \"hot\"\nmetric = \"gpu.temp\"\nabove = 85\n" + line + "\n";
}

TEST(HubAlertRule, IsReadFromTheSettings) {
  const auto rules = read_alert_rules(R"(
listen = "0.0.0.0:7864"
[[alert]]
name = "hot"
metric = "gpu.temp"
above = 85
for = "5m"
resolve-after = 30
repeat = "4h"
hosts = "gpu*"
severity = "critical"
webhook = "https://example.org/hook"
command = ["/usr/bin/mail", "-s", "{title}", "root"]
[[alert]]
name = "idle"
metric = "gpu.3.gpu"
below = 0.5
[[alert]]
name = "gone"
metric = "offline"
)");
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_EQ(rules->size(), 3U);
  const AlertRule& hot = rules->at(0);
  EXPECT_EQ(hot.metric, "gpu.*.temp");
  EXPECT_TRUE(hot.is_of_gpu);
  EXPECT_FALSE(hot.is_below);
  EXPECT_EQ(hot.threshold, 85.0);
  EXPECT_EQ(hot.duration, 5min);
  EXPECT_EQ(hot.resolve_after, 30s);
  EXPECT_EQ(hot.repeat, 4h);
  EXPECT_EQ(hot.hosts, "gpu*");
  EXPECT_EQ(hot.severity, "critical");
  EXPECT_EQ(hot.command.size(), 4U);
  EXPECT_EQ(rules->at(1).metric, "gpu.3.gpu");
  EXPECT_TRUE(rules->at(1).is_below);
  EXPECT_EQ(rules->at(1).resolve_after, 60s);
  EXPECT_TRUE(rules->at(2).is_offline);
  EXPECT_TRUE(read_alert_rules("")->empty());
}

TEST(HubAlertRule, NamesWhatIsWrong) {
  EXPECT_EQ(trouble_of("[[alert]]\nabove = 1"), "alert 1: name: a text is expected");
  EXPECT_EQ(
      trouble_of(with("for = \"soon\"")),
      "alert \"hot\": for: a span such as \"90s\", \"5m\", \"4h\" or \"2d\" is expected, at most a "
      "year");
  EXPECT_EQ(trouble_of(with("below = 3")),
            "alert \"hot\": above: either this or below is expected");
  EXPECT_EQ(trouble_of(with("treshold = 3")), "alert 1: treshold: there is no such key");
  EXPECT_EQ(trouble_of(with("severity = \"bad\"")),
            "alert \"hot\": severity: info, warning or critical is expected");
  EXPECT_EQ(trouble_of(with("webhook = \"ftp://x\"")),
            "alert \"hot\": webhook: an URL with http:// or https:// is expected");
  EXPECT_EQ(trouble_of(with("command = \"mail\"")),
            "alert \"hot\": command: a list of texts is expected: the program and its arguments");
  EXPECT_EQ(trouble_of(with("hosts = 7")),
            "alert \"hot\": hosts: a text of one line, in quotes, is expected");
  EXPECT_EQ(trouble_of(with("") + with("")), "alert \"hot\": there are two of that name");
  EXPECT_EQ(trouble_of("alert = 1"), "alert: at most 1000 tables [[alert]] are expected");
  EXPECT_EQ(
      trouble_of("[[alert]]\nname = \"x\"\nmetric = \"gpu.temperature\"\nabove = 1"),
      "alert \"x\": metric: a figure of docs/monitor-keys.md is expected, gpu.temp or offline");
  EXPECT_EQ(trouble_of("[[alert]]\nname = \"x\"\nmetric = \"offline\"\nabove = 1"),
            "alert \"x\": metric: offline has no threshold");
  EXPECT_EQ(trouble_of("[[alert]]\nname = \"x\"\nmetric = \"gpu.temp\"\nabove = nan"),
            "alert \"x\": above: a number is expected");
  EXPECT_EQ(trouble_of("[[alert").substr(0, 7), "line 1:");
}

TEST(HubAlertRule, SpansHaveUnits) {
  EXPECT_EQ(*parse_span("90"), 90s);
  EXPECT_EQ(*parse_span("90s"), 90s);
  EXPECT_EQ(*parse_span("2d"), 48h);
  for (const char* const text :
       {"", "m", "-1s", "1.5h", "1w", "99999999999999999999d", "400d", " 1s"}) {
    EXPECT_FALSE(parse_span(text)) << text;
  }
}

TEST(HubAlertRule, HostsAreNamedByPatterns) {
  EXPECT_TRUE(matches_host("*", "gpu7"));
  EXPECT_TRUE(matches_host("gpu7", "gpu7"));
  EXPECT_TRUE(matches_host("gpu*", "gpu"));
  EXPECT_TRUE(matches_host("*.example.*", "a.example.org"));
  EXPECT_TRUE(matches_host("a*b*c", "axxbxbxc"));
  EXPECT_FALSE(matches_host("gpu", "gpu7"));
  EXPECT_FALSE(matches_host("a*b*c", "axxbxbx"));
  EXPECT_FALSE(matches_host("", "a"));
}

}  // namespace
}  // namespace wemol::hub
