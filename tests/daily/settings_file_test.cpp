// The settings of wemol-report daily: every key, and what is said of those that are wrong.

#include "settings_file.h"

#include <gtest/gtest.h>

namespace wemol::report::daily {
namespace {

constexpr const char* kNode = "[[node]]\nname = \"gpu1\"\nurl = \"http://10.0.0.1:19999\"\n";

ReadSettings parsed(const std::string& text) {
  auto read = parse_settings(text, "/etc/wemol");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read.value_or(ReadSettings{});
}

std::string trouble_of(const std::string& text) {
  const auto read = parse_settings(text, "/etc/wemol");
  EXPECT_FALSE(read) << text;
  return read ? "" : read.error().message;
}

TEST(DailySettings, HaveAllKeys) {
  const auto read = parsed(R"(
zone = "Asia/Taipei"
points = 288
timeout = 2.5
null-as-zero = true
[management]
url = "https://manage.example.org"
token-file = "token"
ca-file = "/etc/ssl/lab.pem"
[[node]]
name = "gpu1"
url = "http://10.0.0.1:19999"
source = "netdata"
cards = [1, 9, 17]
id-base = 8
[[node]]
name = "gpu2"
url = "http://prometheus:9090"
source = "prometheus"
instance = "gpu2:7863"
ids = { "APU-1" = 0, "33" = 1 }
[[node]]
name = "gpu3"
url = "records"
source = "recorder"
tasks = "module_resource"
)");
  const DailySettings& settings = read.settings;
  EXPECT_TRUE(read.warnings.empty());
  EXPECT_EQ(settings.zone, "Asia/Taipei");
  EXPECT_EQ(settings.points, 288U);
  EXPECT_EQ(settings.timeout, std::chrono::milliseconds(2500));
  EXPECT_TRUE(settings.null_as_zero);
  ASSERT_TRUE(settings.management);
  EXPECT_EQ(settings.management->url, "https://manage.example.org");
  EXPECT_EQ(settings.management->token_file, "/etc/wemol/token");
  EXPECT_EQ(settings.management->ca_file, "/etc/ssl/lab.pem");
  ASSERT_EQ(settings.nodes.size(), 3U);
  EXPECT_EQ(settings.nodes[0].cards, (std::vector<unsigned>{1, 9, 17}));
  EXPECT_EQ(settings.nodes[0].id_base, 8U);
  EXPECT_EQ(settings.nodes[1].source, SourceKind::prometheus);
  EXPECT_EQ(settings.nodes[1].instance, "gpu2:7863");
  EXPECT_EQ(settings.nodes[1].ids, (std::map<std::string, unsigned>{{"APU-1", 0}, {"33", 1}}));
  EXPECT_EQ(settings.nodes[2].source, SourceKind::recorder);
  EXPECT_EQ(settings.nodes[2].url, "/etc/wemol/records");
  EXPECT_EQ(settings.nodes[2].tasks, "/etc/wemol/module_resource");
}

TEST(DailySettings, WhatIsLeftOutHasItsDefault) {
  const auto read = parsed(kNode);
  EXPECT_EQ(read.settings.points, 144U);
  EXPECT_EQ(read.settings.timeout, std::chrono::seconds(30));
  EXPECT_FALSE(read.settings.null_as_zero);
  EXPECT_FALSE(read.settings.management);
  EXPECT_EQ(read.settings.nodes.at(0).source, SourceKind::netdata);
  EXPECT_TRUE(read.settings.nodes.at(0).cards.empty());
  EXPECT_FALSE(read.settings.nodes.at(0).id_base);
  EXPECT_TRUE(read.settings.nodes.at(0).tasks.empty());
}

TEST(DailySettings, AMissingKeyIsNamed) {
  EXPECT_EQ(trouble_of(""), "node: is missing: a [[node]] for each node is expected");
  EXPECT_EQ(trouble_of("[[node]]\nurl = \"http://a\"\n"), "node 1: name: is missing");
  EXPECT_EQ(trouble_of("[[node]]\nname = \"gpu1\"\n"), "node \"gpu1\": url: is missing");
  EXPECT_EQ(trouble_of(std::string("[management]\ntoken-env = \"T\"\n") + kNode),
            "management: url: is missing");
  EXPECT_EQ(trouble_of(std::string("[management]\nurl = \"https://m\"\n") + kNode),
            "management: token-file: is missing, and so is token-env");
}

TEST(DailySettings, AnUnknownKeyIsAWarningWithItsLine) {
  const auto read = parsed(std::string("zoom = 3\n") + kNode + "urls = \"x\"\n");
  ASSERT_EQ(read.warnings.size(), 2U);
  EXPECT_EQ(read.warnings[0], "line 1: zoom: there is no such key");
  EXPECT_EQ(read.warnings[1], "line 5: node \"gpu1\": urls: there is no such key");
}

TEST(DailySettings, ATokenInTheFileIsRefusedAndNotShown) {
  for (const char* const table : {"[management]\nurl = \"https://m\"\n", ""}) {
    const std::string why = trouble_of(std::string(table) + "token = \"s3cret\"\n" + kNode);
    EXPECT_NE(why.find("token"), std::string::npos);
    EXPECT_EQ(why.find("s3cret"), std::string::npos);
  }
}

TEST(DailySettings, ATokenOverHttpIsAWarning) {
  const std::string tail = std::string("token-env = \"T\"\n") + kNode;
  EXPECT_EQ(parsed("[management]\nurl = \"http://m\"\n" + tail).warnings.size(), 1U);
  EXPECT_TRUE(parsed("[management]\nurl = \"http://127.0.0.1:1\"\n" + tail).warnings.empty());
  EXPECT_TRUE(parsed("[management]\nurl = \"https://m\"\n" + tail).warnings.empty());
}

TEST(DailySettings, WhatIsWrongIsNamedByItsKey) {
  struct Wrong {
    const char* text;
    const char* key;
  };
  for (const auto& [text, key] :
       {Wrong{"zone = \"Mars\"\n", "zone"}, Wrong{"zone = 8\n", "zone"},
        Wrong{"points = 0\n", "points"}, Wrong{"points = 7\n", "points"},
        Wrong{"points = \"144\"\n", "points"}, Wrong{"timeout = 0\n", "timeout"},
        Wrong{"timeout = nan\n", "timeout"}, Wrong{"null-as-zero = 1\n", "null-as-zero"},
        Wrong{"management = 1\n", "management"}}) {
    EXPECT_NE(trouble_of(std::string(text) + kNode).find(key), std::string::npos) << text;
  }
  for (const auto& [text, key] :
       {Wrong{"source = \"zabbix\"\n", "source"}, Wrong{"cards = [1, 1]\n", "cards"},
        Wrong{"cards = [-1]\n", "cards"}, Wrong{"cards = 8\n", "cards"},
        Wrong{"id-base = -1\n", "id-base"}, Wrong{"ids = { a = -1 }\n", "ids.a"},
        Wrong{"ids = [1]\n", "ids"}, Wrong{"instance = 3\n", "instance"},
        Wrong{"tasks = \"x\"\n", "tasks"}}) {
    EXPECT_NE(trouble_of(std::string(kNode) + text).find(key), std::string::npos) << text;
  }
  EXPECT_NE(trouble_of("a = \n").find("line 1"), std::string::npos);
}

TEST(DailySettings, ANameIsAFoldersAndOfOneNodeOnly) {
  for (const char* const name : {"../x", "a/b", ".", ".hidden", "a\\nb", ""}) {
    const std::string text = std::string("[[node]]\nurl = \"http://a\"\nname = \"") + name + "\"\n";
    EXPECT_NE(trouble_of(text).find("name"), std::string::npos) << name;
  }
  EXPECT_NE(trouble_of(std::string(kNode) + kNode).find("gpu1"), std::string::npos);
  EXPECT_EQ(parsed("[[node]]\nurl = \"http://a\"\nname = \"節點 1\"\n").settings.nodes.at(0).name,
            "節點 1");
}

TEST(DailySettings, AnUrlIsOfTheWebAndEndsWithoutASlash) {
  const auto read = parsed(
      "[management]\nurl = \"https://m/\"\ntoken-env = \"T\"\n"
      "[[node]]\nname = \"a\"\nurl = \"http://a:1/netdata//\"\n");
  EXPECT_EQ(read.settings.nodes.at(0).url, "http://a:1/netdata");
  EXPECT_EQ(read.settings.management->url, "https://m");
  for (const char* const url : {"ftp://a", "a:19999", "http://", "file:///etc/passwd"}) {
    const std::string text = std::string("[[node]]\nname = \"a\"\nurl = \"") + url + "\"\n";
    EXPECT_NE(trouble_of(text).find("url"), std::string::npos) << url;
  }
}

TEST(DailySettings, TheExampleInTheProjectIsRight) {
  const auto read = read_settings(std::string(WEMOL_PROJECT_DIR) + "/config/wemol-daily.toml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->warnings.empty());
}

}  // namespace
}  // namespace wemol::report::daily
