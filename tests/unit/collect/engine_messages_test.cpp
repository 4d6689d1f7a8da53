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

/// What newer engines answer differently, as the history of their API says (1.42 to 1.55): fields
/// that came, and fields that went. Each text is shortened to those, and was put together by hand.
TEST(EngineList, OfNewerVersionsReadsAlike) {
  const std::string begin = R"([{"Id":")" + kId + R"(","Names":["/task_1_2_3"],"Image":"bb",)";
  for (const char* rest :
       {// 1.41: what the engine 20.10 says
        R"("ImageID":"sha256:1","Command":"sleep 1","Created":1795314488,"Ports":[],"Labels":{},)"
        R"("State":"running","Status":"Up 1 second","HostConfig":{"NetworkMode":"none"},)"
        R"("NetworkSettings":{"Networks":{"none":{"IPAMConfig":null,"Links":null}}},"Mounts":[]}])",
        // 1.46: annotations
        R"("HostConfig":{"NetworkMode":"none","Annotations":{"a.b":"Names"}},"State":"running"}])",
        // 1.48: the descriptor of the image, the priority of a gateway
        R"("ImageManifestDescriptor":{"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
        R"("digest":"sha256:2","size":581,"platform":{"architecture":"amd64","os":"linux"}},)"
        R"("NetworkSettings":{"Networks":{"none":{"GwPriority":0,"DNSNames":null}}}}])",
        // a field that is not known here, with names that are
        R"("New":{"Id":7,"Names":[]},"State":"running"}])"}) {
    const auto list = parse_list(begin + rest);
    ASSERT_TRUE(list) << rest << list.error().message;
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().id, kId);
    EXPECT_EQ(list->front().name, "task_1_2_3");
  }
}

TEST(EngineInspect, OfNewerVersionsReadsAlike) {
  const std::string state =
      R"("State":{"Status":"running","Running":true,"Paused":false,"Restarting":false,)"
      R"("OOMKilled":false,"Dead":false,"Pid":18275,"ExitCode":0,"Error":"",)"
      R"("StartedAt":"2026-11-22T09:28:58.887154478Z","FinishedAt":"0001-01-01T00:00:00Z"},)";
  for (const char* rest :
       {// 1.41: kernel memory, the addresses of the default network
        R"("HostConfig":{"NetworkMode":"bridge","KernelMemory":0,"KernelMemoryTCP":0},)"
        R"("NetworkSettings":{"Bridge":"","SandboxID":"s","HairpinMode":false,)"
        R"("LinkLocalIPv6Address":"","IPAddress":"172.17.0.2","MacAddress":"02:42:ac:11:00:02",)"
        R"("Networks":{"bridge":{"Aliases":["692a83ba6462"]}}}})",
        // 1.44 and 1.45: DNS names, no short id among the aliases
        R"("HostConfig":{"NetworkMode":"bridge","Annotations":null},)"
        R"("NetworkSettings":{"Networks":{"bridge":{"Aliases":null,"DNSNames":["task"]}}}})",
        // 1.48: the descriptor of the image
        R"("HostConfig":{"NetworkMode":"bridge"},)"
        R"("ImageManifestDescriptor":{"digest":"sha256:2","platform":{"os":"linux"}}})",
        // 1.52: none of the fields that were deprecated since 1.21; one that is not known here
        R"("HostConfig":{"NetworkMode":"bridge"},"New":{"State":{"Pid":1},"Name":"o"},)"
        R"("NetworkSettings":{"SandboxID":"s","SandboxKey":"k","Ports":{},)"
        R"("Networks":{"bridge":{"GwPriority":0,"IPAddress":"172.17.0.2"}}}})"}) {
    const auto container =
        parse_inspect(R"({"Id":")" + kId + R"(","Name":"/task_1_2_3",)" + state + rest);
    ASSERT_TRUE(container) << rest << container.error().message;
    EXPECT_EQ(container->name, "task_1_2_3");
    EXPECT_EQ(container->pid, 18275);
    EXPECT_EQ(container->network_mode, "bridge");
    EXPECT_EQ(container->oom_killed, false);
    EXPECT_TRUE(container->started_at);
  }
}

/// From 1.52 on without "status", "id" and "from", which had been deprecated since 1.22.
TEST(EngineEvent, OfNewerVersionsReadsAlike) {
  const std::string today =
      R"({"Type":"container","Action":"start","Actor":{"ID":")" + kId +
      R"(","Attributes":{"image":"bb","name":"e1"}},"scope":"local","time":1795314488,)"
      R"("timeNano":1795314488894750274})";
  for (const std::string& text : {start_event(kId), today}) {
    const auto start = parse_event(text);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->kind, Event::Kind::start) << text;
    EXPECT_EQ(start->container_id, kId);
    EXPECT_EQ(start->name, "e1");
    EXPECT_EQ(start->at, WallTime(std::chrono::nanoseconds(1795314488894750274)));
  }
}

/// An engine since 24 says how long a container has run when it dies.
TEST(EngineEvent, AttributesThatAreUnknownDoNotMatter) {
  const auto die = parse_event(
      event("die", R"("execDuration":"12","exitCode":"0","image":"bb","name":"e1","new":"x")"));
  ASSERT_TRUE(die);
  EXPECT_EQ(die->kind, Event::Kind::die);
  EXPECT_EQ(die->exit_code, 0);
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
