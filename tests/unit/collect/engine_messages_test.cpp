#include "engine_messages.h"

#include <gtest/gtest.h>

namespace wemol::engine {
namespace {

const std::string kId = "692a83ba6462fb62d7a71ec007f4c2b5d92cd69550e09315d9ae5e4567b86400";

std::string start_event(const std::string& id) {
  return R"({"status":"start","id":")" + id +
         R"(","from":"bb","Type":"container","Action":"start","Actor":{"ID":")" + id +
         R"(","Attributes":{"image":"bb","name":"e1"}},"scope":"local","time":1795314488,)" +
         R"("timeNano":1795314488894750274})";
}

std::string event(const std::string& action, const std::string& attributes) {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + kId +
         R"(","Attributes":{)" + attributes + "}}}";
}

/// So deep that whoever follows it by recursion runs out of stack.
std::string deep_json() {
  constexpr std::size_t kDepth = 100000;
  return std::string(kDepth, '[') + std::string(kDepth, ']');
}

/// Texts that are not what any of the parsers takes.
std::vector<std::string> garbage() {
  return {"",           "{",
          "null",       "1",
          "\"x\"",      "[1",
          "\xff\xfe",   "{\"a\":\"\xff\"}",
          "[\"\xc3\"]", std::string("\0", 1),
          deep_json(),  "<html></html>"};
}

TEST(EngineTargets, NameNoVersion) {
  EXPECT_EQ(list_target(), "/containers/json");
  EXPECT_EQ(inspect_target(kId), "/containers/" + kId + "/json");
  EXPECT_TRUE(events_target(std::nullopt).starts_with("/events?filters=%7B%22type%22"));
}

TEST(EngineList, NamesAreWithoutTheirSlash) {
  const auto list = parse_list(R"([{"Id":")" + kId +
                               R"(","Names":["/task_1_2_3"],"Image":"bb","State":"running"},)" +
                               R"({"Id":")" + std::string(64, 'f') + R"(","Names":["/web"]}])");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->at(0).id, kId);
  EXPECT_EQ(list->at(0).name, "task_1_2_3");
  EXPECT_EQ(list->at(1).name, "web");
}

TEST(EngineList, MayBeEmpty) {
  ASSERT_TRUE(parse_list("[]\n"));
  EXPECT_TRUE(parse_list("[]")->empty());
}

TEST(EngineList, NamesThatLinksGaveAreNotTheContainersOwn) {
  const auto list = parse_list(R"([{"Id":")" + kId + R"(","Names":["/web/db","/db","/app/sql"]}])");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at(0).name, "db");
}

TEST(EngineList, EntryWithoutIdOrNameSpoilsTheList) {
  const std::string good = R"({"Id":")" + kId + R"(","Names":["/a"]})";
  ASSERT_TRUE(parse_list("[" + good + "]"));
  for (const std::string& bad :
       {std::string("1"), std::string("null"), std::string("[]"), std::string("{}"),
        std::string(R"({"Id":"692a83ba6462","Names":["/a"]})"),
        std::string(R"({"Id":7,"Names":["/a"]})"), R"({"Id":")" + kId + "\"}",
        R"({"Id":")" + kId + R"(","Names":[]})", R"({"Id":")" + kId + R"(","Names":"/a"})",
        R"({"Id":")" + kId + R"(","Names":[1,null,"","/","/a/b"]})"}) {
    EXPECT_FALSE(parse_list("[" + good + "," + bad + "]")) << bad;
  }
}

TEST(EngineList, GarbageIsAnError) {
  for (const std::string& text : garbage()) {
    EXPECT_FALSE(parse_list(text)) << text.substr(0, 20);
  }
  EXPECT_FALSE(parse_list("{}"));
}

TEST(EngineInspect, GivesTheFirstProcessAndTheNetwork) {
  const auto container = parse_inspect(
      R"({"Id":")" + kId +
      R"(","Name":"/none1","State":{"Running":true,"Pid":18275},"HostConfig":{"NetworkMode":"none"}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->id, kId);
  EXPECT_EQ(container->name, "none1");
  EXPECT_EQ(container->pid, 18275);
  EXPECT_EQ(container->network_mode, "none");
}

TEST(EngineInspect, OfAnEndedContainerHasNoProcess) {
  const auto container =
      parse_inspect(R"({"Id":")" + kId + R"(","Name":"/a","State":{"Running":false,"Pid":0}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->pid, 0);
}

TEST(EngineInspect, MembersOfAnotherTypeAreAsIfMissing) {
  for (const char* members :
       {R"("Name":7,"State":{"Pid":"18275"},"HostConfig":{"NetworkMode":[]})",
        R"("Name":{},"State":{"Pid":1.5},"HostConfig":"none")", R"("Name":null,"State":[1])",
        R"("State":{"Pid":18446744073709551615})"}) {
    const auto container = parse_inspect(R"({"Id":")" + kId + R"(",)" + members + "}");
    ASSERT_TRUE(container) << members;
    EXPECT_EQ(container->name, "") << members;
    EXPECT_LE(container->pid, 0) << members;
    EXPECT_EQ(container->network_mode, "") << members;
  }
}

TEST(EngineInspect, WithoutIdIsAnError) {
  for (const std::string& text : garbage()) {
    EXPECT_FALSE(parse_inspect(text)) << text.substr(0, 20);
  }
  EXPECT_FALSE(parse_inspect("{}"));
  EXPECT_FALSE(parse_inspect("[]"));
  EXPECT_FALSE(parse_inspect(R"({"Id":"../x","State":{"Pid":1}})"));
}

TEST(EngineEvent, OfAStartNamesTheContainer) {
  const auto start = parse_event(start_event(kId));
  ASSERT_TRUE(start);
  EXPECT_EQ(start->kind, Event::Kind::start);
  EXPECT_EQ(start->container_id, kId);
  EXPECT_EQ(start->name, "e1");
}

TEST(EngineEvent, OfARenameHasTheNewName) {
  const auto rename = parse_event(event("rename", R"("name":"new","oldName":"/old")"));
  ASSERT_TRUE(rename);
  EXPECT_EQ(rename->kind, Event::Kind::rename);
  EXPECT_EQ(rename->name, "new");
}

TEST(EngineEvent, OfADeathOfUsedUpMemoryAndOfChangedLimitsAreRead) {
  EXPECT_EQ(parse_event(event("die", R"("exitCode":"137","name":"e1")"))->kind, Event::Kind::die);
  EXPECT_EQ(parse_event(event("oom", R"("name":"e1")"))->kind, Event::Kind::oom);
  EXPECT_EQ(parse_event(event("update", R"("name":"e1")"))->kind, Event::Kind::update);
}

TEST(EngineEvent, TellsWhenAndWithWhichExitCode) {
  const auto die = parse_event(R"({"Type":"container","Action":"die","Actor":{"ID":")" + kId +
                               R"(","Attributes":{"exitCode":"137","name":"e1"}},)"
                               R"("time":1795338669,"timeNano":1795338669645792267})");
  ASSERT_TRUE(die);
  EXPECT_EQ(die->exit_code, 137);
  EXPECT_EQ(die->at, WallTime(std::chrono::nanoseconds(1795338669645792267)));
  const auto odd = parse_event(event("die", R"("exitCode":"x","name":"e1")"));
  EXPECT_FALSE(odd->exit_code);
}

TEST(EngineInspect, TellsHowTheLastRunEnded) {
  const auto container = parse_inspect(
      R"({"Id":")" + kId +
      R"(","State":{"Pid":0,"OOMKilled":true,"ExitCode":137,)"
      R"("StartedAt":"2026-11-22T09:28:58.887154478Z","FinishedAt":"2026-11-22T09:29:07.5Z"}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->exit_code, 137);
  EXPECT_EQ(container->oom_killed, true);
  ASSERT_TRUE(container->started_at && container->finished_at);
  EXPECT_EQ(*container->finished_at - *container->started_at,
            std::chrono::nanoseconds(8'612'845'522));
}

TEST(EngineInspect, ARunThatGoesOnHasNoEnd) {
  const auto container =
      parse_inspect(R"({"Id":")" + kId +
                    R"(","State":{"Pid":7,"OOMKilled":false,"ExitCode":0,)"
                    R"("StartedAt":"2026-11-22T09:28:58Z","FinishedAt":"0001-01-01T00:00:00Z"}})");
  ASSERT_TRUE(container);
  EXPECT_FALSE(container->exit_code);
  EXPECT_FALSE(container->finished_at);
  EXPECT_EQ(container->oom_killed, false);
}

TEST(EngineEvent, AllOthersAreOther) {
  for (const char* action : {"exec_create: sh -c die", "exec_start: start", "exec_die", "top", "",
                             "kill", "Start", "restart", "destroy"}) {
    EXPECT_EQ(parse_event(event(action, R"("name":"e1")"))->kind, Event::Kind::other) << action;
  }
}

TEST(EngineEvent, OfOtherTypesAreOther) {
  for (const char* type : {R"("network")", R"("volume")", "7", "null", R"(["container"])"}) {
    const auto other = parse_event(std::string(R"({"Type":)") + type +
                                   R"(,"Action":"start","Actor":{"ID":")" + kId + "\"}}");
    ASSERT_TRUE(other) << type;
    EXPECT_EQ(other->kind, Event::Kind::other) << type;
  }
}

TEST(EngineEvent, WithoutAnIdIsOther) {
  for (const char* actor :
       {"null", "7", "[]", R"("x")", "{}", R"({"ID":"e1"})", R"({"ID":["x"],"Attributes":7})"}) {
    const auto other =
        parse_event(std::string(R"({"Type":"container","Action":"start","Actor":)") + actor + "}");
    ASSERT_TRUE(other) << actor;
    EXPECT_EQ(other->kind, Event::Kind::other) << actor;
  }
  EXPECT_EQ(
      parse_event(R"({"Type":"container","Action":["start"],"Actor":{"ID":")" + kId + "\"}}")->kind,
      Event::Kind::other);
}

TEST(EngineEvent, GarbageIsAnError) {
  for (const std::string& text : garbage()) {
    EXPECT_FALSE(parse_event(text)) << text.substr(0, 20);
  }
  EXPECT_FALSE(parse_event("[]"));
}

TEST(EngineError, IsTheMessageOrElseTheText) {
  EXPECT_EQ(error_text(R"({"message":"No such container: x"})"), "No such container: x");
  EXPECT_EQ(error_text("page not found\n"), "page not found ");
  EXPECT_EQ(error_text(R"({"message":7})"), R"({"message":7})");
  EXPECT_EQ(error_text(""), "");
  EXPECT_LE(error_text(std::string(5000, 'x')).size(), 303U);
}

TEST(EngineAddress, IsThatOfDockerHost) {
  EXPECT_EQ(socket_path("unix:///run/user/1000/docker.sock"), "/run/user/1000/docker.sock");
}

TEST(EngineAddress, IsTheUsualOneWithoutDockerHost) {
  EXPECT_EQ(socket_path(""), "/var/run/docker.sock");
}

TEST(EngineAddress, OfAnotherKindIsRefusedByItsName) {
  for (const char* host : {"tcp://10.0.0.1:2375", "ssh://u@h", "/var/run/docker.sock", "unix://",
                           "unix:/x", "fd://"}) {
    const auto path = socket_path(host);
    ASSERT_FALSE(path) << host;
    EXPECT_NE(path.error().message.find(host), std::string::npos);
  }
}

}  // namespace
}  // namespace wemol::engine
