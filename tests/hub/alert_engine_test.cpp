#include "alert_engine.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "alert_text.h"
#include "fake_clock.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

AlertRule hot() {
  return {.name = "hot",
          .metric = "gpu.*.temp",
          .is_of_gpu = true,
          .threshold = 85,
          .duration = 60s,
          .resolve_after = 30s,
          .repeat = 1h};
}

AlertRule offline() {
  return {.name = "gone",
          .metric = "offline",
          .is_offline = true,
          .duration = 120s,
          .resolve_after = 0s};
}

class HubAlertEngine : public testing::Test {
 protected:
  /// "firing gpu.0.temp", in the order of subjects.
  std::vector<std::string> evaluate(const Figures& figures, bool is_online = true) {
    return evaluate_hosts({{"gpu7", is_online, &figures}});
  }
  std::vector<std::string> evaluate_hosts(const std::vector<WatchedHost>& hosts) {
    notices_ = engine_.evaluate(hosts, clock_.moment());
    std::vector<std::string> texts;
    for (const AlertNotice& notice : notices_) {
      const std::string event = notice.event == AlertEvent::firing     ? "firing "
                                : notice.event == AlertEvent::repeated ? "repeated "
                                                                       : "resolved ";
      texts.push_back(event + notice.subject.metric);
    }
    return texts;
  }

  using Texts = std::vector<std::string>;
  AlertEngine engine_{{hot(), offline()}};
  test::FakeClock clock_;
  std::vector<AlertNotice> notices_;
};

TEST_F(HubAlertEngine, FiresOnceItHasHeldLongEnough) {
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}, {"gpu.1.temp", 85}}), Texts());
  ASSERT_EQ(engine_.alerts().size(), 1U);
  EXPECT_EQ(engine_.alerts().begin()->second.state, AlertState::pending);
  clock_.pass(59s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 91}}), Texts());
  clock_.pass(1s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 92}}), Texts{"firing gpu.0.temp"});
  EXPECT_EQ(notices_[0].alert.value, 92.0);
  clock_.pass(1s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 92}}), Texts());
}

TEST_F(HubAlertEngine, BeginsAnewAfterAGoodMoment) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(59s);
  (void)evaluate({{"gpu.0.temp", 80}});
  EXPECT_TRUE(engine_.alerts().empty());
  clock_.pass(1s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());
}

TEST_F(HubAlertEngine, IsResolvedWhenItHasBeenGoodLongEnough) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(60s);
  ASSERT_EQ(evaluate({{"gpu.0.temp", 90}}).size(), 1U);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 80}}), Texts());
  clock_.pass(29s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 80}}), Texts());
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());  // it goes on
  EXPECT_EQ(evaluate({{"gpu.0.temp", 80}}), Texts());
  clock_.pass(30s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 79}}), Texts{"resolved gpu.0.temp"});
  EXPECT_TRUE(engine_.alerts().empty());
}

TEST_F(HubAlertEngine, IsRepeatedWhileItLasts) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(60s);
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(1h - 1s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());
  clock_.pass(1s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts{"repeated gpu.0.temp"});
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());
}

TEST_F(HubAlertEngine, EachGpuIsAnAlertOfItsOwn) {
  const Figures figures{{"gpu.0.temp", 90}, {"gpu.10.temp", 95}, {"gpu.2.temp", 50}};
  (void)evaluate(figures);
  clock_.pass(60s);
  EXPECT_EQ(evaluate(figures), (Texts{"firing gpu.0.temp", "firing gpu.10.temp"}));
}

TEST_F(HubAlertEngine, AHostThatIsOfflineIsAnAlertAndItsFiguresAreUnknown) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(60s);
  (void)evaluate({{"gpu.0.temp", 90}});
  EXPECT_EQ(evaluate({{"gpu.0.temp", 20}}, false), Texts());
  clock_.pass(120s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 20}}, false), Texts{"firing offline"});
  clock_.pass(24h);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 20}}, false), Texts());
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), (Texts{"repeated gpu.0.temp", "resolved offline"}));
  EXPECT_EQ(engine_.alerts().size(), 1U);  // the GPU's goes on
}

TEST_F(HubAlertEngine, WhatIsPendingEndsWithTheHost) {
  (void)evaluate({{"gpu.0.temp", 90}});
  (void)evaluate({{"gpu.0.temp", 90}}, false);
  clock_.pass(60s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());
}

TEST_F(HubAlertEngine, ARemovedHostEndsItsAlerts) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(60s);
  (void)evaluate({{"gpu.0.temp", 90}});
  EXPECT_EQ(evaluate_hosts({}), Texts{"resolved gpu.0.temp"});
}

TEST_F(HubAlertEngine, AGpuThatIsGoneEndsItsAlertsAfterAWhile) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.pass(60s);
  (void)evaluate({{"gpu.0.temp", 90}});
  EXPECT_EQ(evaluate(Figures()), Texts());
  clock_.pass(10min);
  EXPECT_EQ(evaluate(Figures()), Texts{"resolved gpu.0.temp"});
}

TEST_F(HubAlertEngine, TheWallClockOnlyDates) {
  (void)evaluate({{"gpu.0.temp", 90}});
  clock_.wall += 100h;
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts());
  clock_.wall -= 1000h;
  clock_.pass(60s);
  EXPECT_EQ(evaluate({{"gpu.0.temp", 90}}), Texts{"firing gpu.0.temp"});
}

TEST_F(HubAlertEngine, BelowAndHostsAreHeeded) {
  AlertRule idle{
      .name = "idle", .metric = "gpu.*.gpu", .is_below = true, .threshold = 1, .hosts = "a*"};
  engine_ = AlertEngine({idle});
  const Figures figures{{"gpu.0.gpu", 0.5}, {"gpu.1.gpu", 1}};
  EXPECT_EQ(evaluate_hosts({{"a1", true, &figures}, {"b1", true, &figures}}),
            Texts{"firing gpu.0.gpu"});
  EXPECT_EQ(notices_[0].subject.host, "a1");
}

AlertNotice notice_of(const AlertRule& rule, AlertEvent event, std::optional<double> value,
                      const std::string& metric) {
  (void)rule;
  return {event, {0, "gpu7", metric}, {.began_wall = WallTime(1'795'830'000s), .value = value}};
}

TEST(HubAlertText, SaysWhatAndWhere) {
  EXPECT_EQ(alert_title(notice_of(hot(), AlertEvent::firing, 91.0, "gpu.3.temp"), hot()),
            "gpu7, GPU 3: gpu.3.temp is 91 °C, above 85 °C");
  EXPECT_EQ(alert_title(notice_of(hot(), AlertEvent::resolved, 80.0, "gpu.3.temp"), hot()),
            "gpu7, GPU 3: gpu.3.temp is 80 °C, no longer above 85 °C");
  EXPECT_EQ(alert_title(notice_of(offline(), AlertEvent::firing, {}, "offline"), offline()),
            "gpu7: offline");
  EXPECT_EQ(alert_title(notice_of(offline(), AlertEvent::resolved, {}, "offline"), offline()),
            "gpu7: online again");
  const AlertRule disk{.name = "disk", .metric = "system.disk.used_bytes", .threshold = 0x1p40};
  EXPECT_EQ(alert_title(notice_of(disk, AlertEvent::firing, 0x1p41, disk.metric), disk),
            "gpu7: system.disk.used_bytes is 2048.0 GiB, above 1024.0 GiB");
  const std::string text =
      alert_text(notice_of(hot(), AlertEvent::firing, 91.0, "gpu.3.temp"), hot());
  EXPECT_TRUE(
      text.starts_with("[warning] gpu7, GPU 3: gpu.3.temp is 91 °C, above 85 °C for 1 min or "
                       "more (rule hot, since 2026-11-2"))
      << text;
}

TEST(HubAlertText, AWebhookGetsJson) {
  const Json json =
      Json::parse(alert_json(notice_of(hot(), AlertEvent::repeated, 91.5, "gpu.3.temp"), hot()));
  EXPECT_EQ(json["status"], "firing");
  EXPECT_EQ(json["repeated"], true);
  EXPECT_EQ(json["rule"], "hot");
  EXPECT_EQ(json["host"], "gpu7");
  EXPECT_EQ(json["gpu"], 3);
  EXPECT_EQ(json["value"], 91.5);
  EXPECT_EQ(json["threshold"], 85.0);
  EXPECT_TRUE(json["text"].is_string());
  const Json gone =
      Json::parse(alert_json(notice_of(offline(), AlertEvent::resolved, {}, "offline"), offline()));
  EXPECT_EQ(gone["status"], "resolved");
  EXPECT_EQ(gone["gpu"], nullptr);
  EXPECT_EQ(gone["value"], nullptr);
}

TEST(HubAlertText, ACommandGetsItsArgumentsAsTheyAre) {
  AlertRule rule = hot();
  rule.name = "{host} $(rm)";
  rule.command = {"mail", "-s", "{title}", "{host}:{metric}={value} {status} {rule} {unknown} {"};
  const auto command = alert_command(notice_of(rule, AlertEvent::firing, 91.0, "gpu.3.temp"), rule);
  ASSERT_EQ(command.size(), 4U);
  EXPECT_EQ(command[0], "mail");
  EXPECT_EQ(command[2], "gpu7, GPU 3: gpu.3.temp is 91 °C, above 85 °C");
  EXPECT_EQ(command[3], "gpu7:gpu.3.temp=91 firing {host} $(rm) {unknown} {");
}

TEST_F(HubAlertEngine, ThePageGetsRulesAndAlertsWithoutSecrets) {
  AlertRule rule = hot();
  rule.webhook = "https://example.org/secret";
  engine_ = AlertEngine({rule});
  (void)evaluate({{"gpu.0.temp", 90}});
  const std::string text = alerts_json(engine_);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["rules"][0]["webhook"], true);
  EXPECT_EQ(json["rules"][0]["above"], 85.0);
  EXPECT_EQ(json["alerts"][0]["state"], "pending");
  EXPECT_EQ(json["alerts"][0]["host"], "gpu7");
}

}  // namespace
}  // namespace wemol::hub
