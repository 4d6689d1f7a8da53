#include "container_watch.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fake_http_client.h"

namespace wemol::engine {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kC(64, 'c');
const std::string kList = list_target();

std::string listed(const std::string& id, const std::string& name) {
  return R"({"Id":")" + id + R"(","Names":["/)" + name + R"("]})";
}

std::string inspected(const std::string& id, const std::string& name, int pid) {
  return R"({"Id":")" + id + R"(","Name":"/)" + name + R"(","State":{"Pid":)" +
         std::to_string(pid) + "}}";
}

std::string event(const std::string& action, const std::string& id, const std::string& name) {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
         R"(","Attributes":{"name":")" + name + "\"}}}\n";
}

/// The same, with the time at which it happened.
std::string event_at(std::int64_t nanoseconds, const std::string& action, const std::string& id,
                     const std::string& name) {
  const std::string text = event(action, id, name);
  return text.substr(0, text.size() - 2) + R"(,"timeNano":)" + std::to_string(nanoseconds) + "}\n";
}

class Watching : public testing::Test {
 protected:
  void SetUp() override { watch.start(std::nullopt); }

  /// The first connection, and its list.
  void connect(const std::string& list) {
    http.open_stream();
    ASSERT_TRUE(http.answer(kList, "[" + list + "]"));
  }
  bool answer_inspection(const std::string& id, const std::string& name, int pid) {
    return http.answer(inspect_target(id), inspected(id, name, pid));
  }
  /// Waits until the watch connects again.
  void wait_for_streams(int count) {
    loop.run_until([&] { return http.streams() == count; }, loop.now() + 10s);
    ASSERT_EQ(http.streams(), count);
  }
  void wait_until_asked(const std::string& id) {
    loop.run_until([&] { return http.is_asked(inspect_target(id)); }, loop.now() + 10s);
    ASSERT_TRUE(http.is_asked(inspect_target(id)));
  }
  /// The containers that are asked for and not answered yet.
  [[nodiscard]] Lines asked() const {
    Lines ids;
    for (const std::string& target : http.waiting_for()) {
      if (target != kList) {
        ids.push_back(target.substr(std::string("/containers/").size(), 64));
      }
    }
    return ids;
  }
  [[nodiscard]] Lines known() const {
    Lines lines;
    for (const auto& [id, container] : watch.known()) {
      lines.push_back(id.substr(0, 1) + " " + container.name);
    }
    return lines;
  }

  EventLoop loop;
  test::FakeHttpClient http;
  std::set<std::string> followed;
  Lines heard;  ///< what the handlers were told
  ContainerWatch watch{
      http,
      loop,
      {.is_wanted = [](std::string_view name) { return name.starts_with("task"); },
       .is_followed = [this](const std::string& id) { return followed.contains(id); },
       .running =
           [this](const InspectedContainer& it) {
             heard.push_back("running " + it.id.substr(0, 1) + " " + std::to_string(it.pid));
           },
       .missed =
           [this](const std::string& id, const std::string& name) {
             heard.push_back("missed " + id.substr(0, 1) + " " + name);
           },
       .died =
           [this](const Event& event) {
             heard.push_back("died " + event.container_id.substr(0, 1));
           },
       .out_of_memory =
           [this](const std::string& id) { heard.push_back("oom " + id.substr(0, 1)); },
       .updated =
           [this](const std::string& id) { heard.push_back("updated " + id.substr(0, 1)); }}};
};

TEST_F(Watching, ListsOnlyWhenTheEventsFlow) {
  EXPECT_EQ(http.targets, Lines{events_target(std::nullopt)});
  http.open_stream();
  EXPECT_EQ(http.targets, (Lines{events_target(std::nullopt), kList}));
  EXPECT_FALSE(watch.is_settled());
}

TEST_F(Watching, WantedContainersOfTheListAreInspectedAndHandedOn) {
  connect(listed(kA, "task1") + "," + listed(kB, "web"));
  EXPECT_EQ(known(), (Lines{"a task1", "b web"}));
  EXPECT_FALSE(http.is_asked(inspect_target(kB)));
  EXPECT_TRUE(answer_inspection(kA, "task1", 77));
  EXPECT_EQ(heard, Lines{"running a 77"});
  EXPECT_TRUE(watch.conditions().empty());
}

TEST_F(Watching, IsSettledWhenAllAreInspected) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  EXPECT_FALSE(watch.is_settled());
  answer_inspection(kB, "task2", 78);
  EXPECT_FALSE(watch.is_settled());
  answer_inspection(kA, "task1", 77);
  EXPECT_TRUE(watch.is_settled());
}

TEST_F(Watching, ListsAgainWhenWhoIsWantedHasChanged) {
  connect(listed(kA, "task1"));
  answer_inspection(kA, "task1", 77);
  watch.list_again();
  watch.list_again();
  http.feed(event("start", kC, "task3"));
  EXPECT_TRUE(http.answer(kList, "[" + listed(kA, "task1") + "," + listed(kB, "task2") + "]"));
  EXPECT_FALSE(http.is_asked(kList)) << "once is enough";
  EXPECT_EQ(known(), (Lines{"a task1", "b task2", "c task3"})) << "and what happened meanwhile";
  answer_inspection(kB, "task2", 78);
  EXPECT_EQ(heard.back(), "running b 78");
}

TEST_F(Watching, IsSettledWithoutWantedContainers) {
  connect(listed(kB, "web"));
  EXPECT_TRUE(watch.is_settled());
}

TEST_F(Watching, ContainerOfTheListThatEndsBeforeItsInspectionIsNotMissed) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  EXPECT_TRUE(http.answer(inspect_target(kA), R"({"message":"No such container"})", 404));
  EXPECT_TRUE(answer_inspection(kB, "task2", 0));
  EXPECT_EQ(heard, Lines{}) << "nobody knows that it ran just now";
  EXPECT_TRUE(watch.is_settled());
}

TEST_F(Watching, WhatHappensBeforeTheListIsThereIsNotUndoneByIt) {
  http.open_stream();
  http.feed(event("start", kA, "task1") + event("die", kB, "task2") + event("rename", kC, "task3"));
  EXPECT_TRUE(answer_inspection(kA, "task1", 77)) << "which does not wait for the list";
  EXPECT_FALSE(watch.is_settled());
  ASSERT_TRUE(http.answer(kList, "[" + listed(kB, "task2") + "," + listed(kC, "web") + "]"));
  EXPECT_EQ(known(), (Lines{"a task1", "c task3"}));
  EXPECT_FALSE(http.is_asked(inspect_target(kB)));
  EXPECT_TRUE(answer_inspection(kC, "task3", 79));
  EXPECT_EQ(heard, (Lines{"died b", "running a 77", "running c 79"}));
}

TEST_F(Watching, WhatHappenedBeforeAnEarlierListIsForgotten) {
  http.open_stream();
  http.feed(event("start", kB, "web"));
  http.close_stream("gone");
  wait_for_streams(2);
  connect("");
  EXPECT_EQ(known(), Lines{});
}

TEST_F(Watching, StartedContainerIsInspectedWhenItIsWanted) {
  connect("");
  http.feed(event("start", kA, "task1") + event("start", kB, "web"));
  EXPECT_EQ(known(), (Lines{"a task1", "b web"}));
  EXPECT_FALSE(http.is_asked(inspect_target(kB)));
  EXPECT_TRUE(answer_inspection(kA, "task1", 77));
  EXPECT_EQ(heard, Lines{"running a 77"});
}

TEST_F(Watching, StartedContainerThatHasEndedAtItsInspectionIsMissed) {
  connect("");
  http.feed(event("start", kA, "task1") + event("start", kB, "task2"));
  EXPECT_TRUE(answer_inspection(kA, "task1", 0));
  http.feed(event("die", kB, "task2"));
  EXPECT_TRUE(http.answer(inspect_target(kB), R"({"message":"No such container"})", 404));
  EXPECT_EQ(heard, (Lines{"missed a task1", "died b", "missed b task2"}));
  EXPECT_TRUE(watch.conditions().empty());
}

TEST_F(Watching, DeadContainerIsForgotten) {
  connect(listed(kB, "web"));
  http.feed(event("die", kB, "web"));
  EXPECT_EQ(known(), Lines{});
  EXPECT_EQ(heard, Lines{}) << "nobody wants to know";
}

TEST_F(Watching, ContainerThatIsRenamedIntoThePrefixIsHandedOn) {
  connect(listed(kB, "web"));
  http.feed(event("rename", kB, "task2"));
  EXPECT_EQ(known(), Lines{"b task2"});
  EXPECT_TRUE(answer_inspection(kB, "task2", 78));
  EXPECT_EQ(heard, Lines{"running b 78"});
}

TEST_F(Watching, ContainerThatIsRenamedOutOfThePrefixHasItsNewName) {
  connect(listed(kA, "task1"));
  answer_inspection(kA, "task1", 77);
  http.feed(event("rename", kA, "web"));
  EXPECT_EQ(known(), Lines{"a web"});
  EXPECT_FALSE(http.is_asked(inspect_target(kA)));
}

TEST_F(Watching, RenamedContainerThatDoesNotRunStaysUnknown) {
  connect("");
  http.feed(event("rename", kA, "task1"));
  EXPECT_EQ(known(), Lines{});
  EXPECT_FALSE(http.is_asked(inspect_target(kA)));
}

TEST_F(Watching, UsedUpMemoryIsHandedOn) {
  connect("");
  http.feed(event("oom", kA, "task1"));
  EXPECT_EQ(heard, Lines{"oom a"});
}

TEST_F(Watching, ChangedLimitsOfTheWantedAreHandedOn) {
  connect("");
  http.feed(event("update", kA, "task1") + event("update", kB, "web"));
  EXPECT_EQ(heard, Lines{"updated a"});
}

TEST_F(Watching, GarbageAmongTheEventsIsPassedOver) {
  connect("");
  http.feed("\n{\nnull\n\xff\xfe\n[]\n" + event("exec_die", kB, "web") + event("oom", kA, "task1"));
  EXPECT_EQ(heard, Lines{"oom a"});
  EXPECT_TRUE(watch.conditions().empty());
}

TEST_F(Watching, EventsMayBeCutAnywhere) {
  connect("");
  for (const char c : event("oom", kA, "task1") + event("oom", kB, "task2")) {
    http.feed(std::string_view(&c, 1));
  }
  const std::string third = event("oom", kA, "task1");
  http.feed(third + third.substr(0, 10));
  http.feed(third.substr(10) + third);
  EXPECT_EQ(heard, (Lines{"oom a", "oom b", "oom a", "oom a", "oom a"}));
}

TEST_F(Watching, WhatHappenedWhileTheConnectionWasLostIsAskedFor) {
  connect(listed(kA, "task1"));
  http.feed(event_at(1795338668'617202783, "start", kB, "task2"));
  EXPECT_EQ(watch.heard_until(), WallTime(1795338668'617202784ns));
  http.close_stream("gone");
  wait_for_streams(2);
  EXPECT_EQ(http.targets.back(), events_target(watch.heard_until()));
  EXPECT_TRUE(http.targets.back().ends_with("&since=1795338668.617202784"));
}

TEST_F(Watching, OfAContainerThatHasEndedItIsKnownWhatTheEngineKeeps) {
  connect("");
  Lines answers;
  const auto note = [&](const std::optional<InspectedContainer>& past) {
    answers.push_back(past ? "exit code " + std::to_string(past->exit_code.value_or(-1)) : "gone");
  };
  for (int i = 0; i < 3; ++i) {
    watch.ask_about_past(kA, note);
  }
  http.answer(inspect_target(kA), R"({"Id":")" + kA + R"(","State":{"Pid":0,"ExitCode":3}})");
  http.answer(inspect_target(kA), R"({"message":"No such container"})", 404);
  http.answer(inspect_target(kA), "", 500);
  EXPECT_EQ(answers, (Lines{"exit code 3", "gone"})) << "and of the third nothing is known";
}

TEST_F(Watching, LineWithoutAnEndDisconnects) {
  connect(listed(kB, "web"));
  http.feed(std::string(std::size_t{1} << 20, 'x'));
  EXPECT_TRUE(http.has_stream()) << "as long as it may be";
  http.feed("x");
  EXPECT_FALSE(http.has_stream());
  ASSERT_EQ(watch.conditions().size(), 1U);
  EXPECT_NE(watch.conditions()[0].message.find("line without an end"), std::string::npos);
  wait_for_streams(2);
  connect(listed(kB, "web"));
  http.feed(event("oom", kA, "task1"));
  EXPECT_EQ(heard, Lines{"oom a"}) << "nothing of the old line is left";
}

TEST_F(Watching, EngineThatIsAwayIsStatedAndWaitedForByNobody) {
  http.close_stream("/run/x.sock: Connection\nrefused");
  EXPECT_TRUE(watch.is_settled());
  ASSERT_EQ(watch.conditions().size(), 1U);
  EXPECT_EQ(watch.conditions()[0].severity, Severity::error);
  EXPECT_NE(watch.conditions()[0].message.find("/run/x.sock: Connection refused"),
            std::string::npos);
}

TEST_F(Watching, EngineThatGoesAwayLeavesWhatIsKnown) {
  connect(listed(kA, "task1"));
  answer_inspection(kA, "task1", 77);
  http.close_stream("gone");
  EXPECT_EQ(known(), Lines{"a task1"});
  EXPECT_EQ(heard, Lines{"running a 77"}) << "and nobody has died";
}

TEST_F(Watching, EngineThatIsBackIsListedAnew) {
  connect(listed(kA, "task1") + "," + listed(kB, "web"));
  answer_inspection(kA, "task1", 77);
  http.close_stream("gone");
  const SteadyTime closed_at = loop.now();
  wait_for_streams(2);
  EXPECT_GE(loop.now() - closed_at, 250ms) << "at the earliest";
  EXPECT_FALSE(watch.conditions().empty()) << "until the list is there";
  connect(listed(kA, "task1"));
  EXPECT_TRUE(watch.conditions().empty());
  EXPECT_EQ(known(), Lines{"a task1"});
  answer_inspection(kA, "task1", 99);
  EXPECT_EQ(heard, (Lines{"running a 77", "running a 99"}));
}

TEST_F(Watching, AnswersOfAnEarlierConnectionAreDropped) {
  http.open_stream();
  http.close_stream("gone");
  EXPECT_FALSE(http.is_asked(kList));
}

TEST_F(Watching, ListThatFailsDisconnects) {
  http.open_stream();
  ASSERT_TRUE(http.answer(kList, R"({"message":"broken"})", 500));
  EXPECT_FALSE(http.has_stream());
  EXPECT_TRUE(watch.is_settled());
  ASSERT_EQ(watch.conditions().size(), 1U);
  EXPECT_NE(watch.conditions()[0].message.find("HTTP status 500: broken"), std::string::npos);
}

TEST_F(Watching, ListThatCannotBeReadDisconnects) {
  http.open_stream();
  ASSERT_TRUE(http.answer(kList, "<html>"));
  EXPECT_FALSE(http.has_stream());
}

TEST_F(Watching, ListThatDoesNotComeDisconnects) {
  http.open_stream();
  ASSERT_TRUE(http.answer(kList, failure("timed out")));
  EXPECT_FALSE(http.has_stream());
  EXPECT_NE(watch.conditions().at(0).message.find("timed out"), std::string::npos);
}

TEST_F(Watching, InspectionThatFailsIsTriedAgainByItselfAtGrowingIntervals) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  answer_inspection(kB, "task2", 78);
  for (const auto pause : {250ms, 500ms}) {
    ASSERT_TRUE(http.answer(inspect_target(kA), R"({"message":"bro\nken"})", 500));
    EXPECT_FALSE(http.is_asked(inspect_target(kA)));
    EXPECT_TRUE(watch.is_settled()) << "nobody waits for it";
    EXPECT_TRUE(watch.is_complete()) << "the engine answers";
    ASSERT_EQ(watch.conditions().size(), 1U);
    EXPECT_EQ(watch.conditions()[0].message,
              "container task1 cannot be inspected: HTTP status 500: bro ken; the engine is asked "
              "again");
    const SteadyTime before = loop.now();
    wait_until_asked(kA);
    EXPECT_GE(loop.now() - before, pause);
  }
  answer_inspection(kA, "task1", 77);
  EXPECT_EQ(heard, (Lines{"running b 78", "running a 77"}));
  EXPECT_TRUE(watch.conditions().empty());
  EXPECT_EQ(http.streams(), 1) << "the watch went on meanwhile";
  EXPECT_EQ(std::ranges::count(http.targets, inspect_target(kB)), 1);
}

TEST_F(Watching, InspectionsWithoutAnAnswerAreOneConditionAndLeaveTheEnginesWordOpen) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  ASSERT_TRUE(http.answer(inspect_target(kA), failure("timed out")));
  ASSERT_TRUE(http.answer(inspect_target(kB), failure("timed out")));
  ASSERT_EQ(watch.conditions().size(), 1U);
  EXPECT_EQ(
      watch.conditions()[0].message,
      "2 containers cannot be inspected, task1 is one of them: timed out; the engine is asked "
      "again");
  EXPECT_TRUE(watch.is_settled());
  EXPECT_FALSE(watch.is_complete());
  wait_until_asked(kA);
  answer_inspection(kA, "task1", 77);
  EXPECT_TRUE(watch.is_complete());
}

TEST_F(Watching, OnlyAFewInspectionsAreOnTheirWayAndNewContainersComeFirst) {
  std::string list;
  Lines ids;
  for (const char digit : std::string("0123456789")) {
    ids.emplace_back(64, digit);
    list += (list.empty() ? "" : ",") + listed(ids.back(), "task1");
  }
  connect(list);
  http.feed(event("start", kA, "task2"));
  EXPECT_EQ(asked(), (Lines{ids[0], ids[1], ids[2]}));
  answer_inspection(ids[1], "task1", 77);
  EXPECT_EQ(asked(), (Lines{ids[0], ids[2], kA}));
}

TEST_F(Watching, ContainerThatStartsAnewDuringItsInspectionIsInspectedAgain) {
  connect(listed(kA, "task1"));
  http.feed(event("die", kA, "task1") + event("start", kA, "task1"));
  EXPECT_EQ(asked(), Lines{kA}) << "one at a time";
  answer_inspection(kA, "task1", 77);
  EXPECT_EQ(asked(), Lines{kA});
  answer_inspection(kA, "task1", 78);
  EXPECT_EQ(heard, (Lines{"died a", "running a 77", "running a 78"}));
  EXPECT_EQ(asked(), Lines{});
}

TEST_F(Watching, FollowedContainersAreNotAskedForAgainUnlessSomethingHappens) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  answer_inspection(kA, "task1", 77);
  answer_inspection(kB, "task2", 78);
  followed = {kA};
  http.close_stream("gone");
  wait_for_streams(2);
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  EXPECT_EQ(asked(), Lines{kB});
  http.feed(event("start", kA, "task1"));
  EXPECT_EQ(asked(), (Lines{kB, kA}));
}

TEST_F(Watching, QuestionsOfALostConnectionAreForgotten) {
  connect(listed(kA, "task1") + "," + listed(kB, "task2"));
  ASSERT_TRUE(http.answer(inspect_target(kA), "", 500));
  http.close_stream("gone");
  wait_for_streams(2);
  connect(listed(kB, "task2"));
  EXPECT_EQ(asked(), Lines{kB});
  answer_inspection(kB, "task2", 78);
  EXPECT_TRUE(watch.is_complete());
  EXPECT_TRUE(watch.conditions().empty());
}

/// An engine that takes 100 ms for each answer and serves a few questions at a time, before a
/// client that gives none more than 5 s. Its time passes as fast as it can.
class SlowEngine : public test::FakeHttpClient {
 public:
  void get(const std::string& target, Done done) override {
    FakeHttpClient::get(target, std::move(done));
    asked_at_.push_back({target, now_});
    most_at_once = std::max(most_at_once, asked_at_.size());
  }
  void cancel_all() override {
    FakeHttpClient::cancel_all();
    asked_at_.clear();
  }
  /// Serves the oldest questions; false when there is none.
  bool serve(const std::function<std::string(const std::string& target)>& body_of) {
    now_ += 100ms;
    const std::size_t count = std::min<std::size_t>(asked_at_.size(), 3);
    const std::vector<Asked> served(asked_at_.begin(),
                                    asked_at_.begin() + static_cast<std::ptrdiff_t>(count));
    for (const Asked& asked : served) {
      if (asked_at_.empty()) {
        break;  // all was given up
      }
      asked_at_.pop_front();
      if (now_ - asked.at > 5s) {
        answer(asked.target, failure("timed out"));
      } else {
        answer(asked.target, body_of(asked.target));
      }
    }
    return count > 0;
  }
  std::size_t most_at_once = 0;

 private:
  struct Asked {
    std::string target;
    std::chrono::milliseconds at;
  };
  std::deque<Asked> asked_at_;
  std::chrono::milliseconds now_{};
};

TEST(WatchingASlowEngine, ThousandsOfContainersAreInspectedOnceEach) {
  constexpr int kContainers = 5000;
  const auto id_of = [](int number) { return fmt::format("{:064x}", number); };
  std::string list;
  for (int i = 0; i < kContainers; ++i) {
    list += (i == 0 ? "" : ",") + listed(id_of(i), "task1");
  }
  EventLoop loop;
  SlowEngine engine;
  int running = 0;
  ContainerWatch watch{engine,
                       loop,
                       {.is_wanted = [](std::string_view) { return true; },
                        .running = [&](const InspectedContainer&) { ++running; },
                        .missed = [](const std::string&, const std::string&) { FAIL(); },
                        .died = [](const Event&) {},
                        .out_of_memory = [](const std::string&) {}}};
  watch.start(std::nullopt);
  engine.open_stream();
  while (engine.serve([&](const std::string& target) {
    const std::string id = target.substr(std::string("/containers/").size(), 64);
    return target == kList ? "[" + list + "]" : inspected(id, "task1", 77);
  })) {
  }
  EXPECT_EQ(running, kContainers);
  EXPECT_TRUE(watch.is_complete());
  EXPECT_EQ(engine.targets.size(), kContainers + 2U) << "beside the stream and the list";
  EXPECT_LE(engine.most_at_once, 3U);
}

TEST_F(Watching, PauseIsTheShortOneAgainAfterAGoodConnection) {
  http.close_stream("gone");
  wait_for_streams(2);
  connect("");
  http.close_stream("gone");
  const SteadyTime before = loop.now();
  wait_for_streams(3);
  EXPECT_LT(loop.now() - before, 490ms);
}

}  // namespace
}  // namespace wemol::engine
