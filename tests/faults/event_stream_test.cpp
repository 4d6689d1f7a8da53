#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <sstream>
#include <thread>

#include "engine_proxy.h"
#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::scaled;
using Clock = std::chrono::steady_clock;

constexpr auto kFaultLasts = 8s;
constexpr auto kLate = 700ms;
constexpr std::size_t kFloodBytes = 100'000'000;
constexpr std::size_t kFloodOfEventsBytes = 20'000'000;
constexpr std::size_t kMemoryAtMostKib = 96 * 1024;
constexpr const char* kRunning = "132171";   // all the time
constexpr const char* kEnding = "132172";    // ends during the fault
constexpr const char* kStarting = "132173";  // starts during the fault

std::string container_of(const std::string& task) {
  return "wemol_rc_task_" + task + "_1_1";
}

struct Fault {
  std::string what;
  std::function<void(EngineProxy&)> begin;
  std::function<void(EngineProxy&)> end = [](EngineProxy&) {};
  bool from_the_start = false;  ///< of the recorder
  bool is_said = true;          ///< in the log
};

/// One recorder whose engine stands behind a proxy.
class ProxiedStage : public e2e::Stage {
 public:
  ProxiedStage(Fault fault, e2e::Environment environment, const std::string& engine_socket)
      : fault_(std::move(fault)), proxy_(folder().parent_path() / "engine.sock", engine_socket) {
    if (fault_.from_the_start) {
      fault_.begin(proxy_);
    }
    environment["DOCKER_HOST"] = "unix://" + (folder().parent_path() / "engine.sock").string();
    recorder_ = &start_recorder(
        {"--source", "native", "--interval", "1", "--command-timeout", "3", "--log-level", "DEBUG"},
        environment);
  }

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] e2e::RecorderProcess& recorder() const { return *recorder_; }
  void begin() {
    if (!fault_.from_the_start) {
      begun_ = std::async(std::launch::async, [this] { fault_.begin(proxy_); });
    }
  }
  void end() {
    fault_.end(proxy_);
    healed_at_ = Clock::now();
  }
  void wait_for_begun() {
    if (begun_.valid()) {
      begun_.get();
    }
  }
  [[nodiscard]] bool has_recovered() {
    if (!recovery_ && !rows(kStarting).empty() && !rows(kRunning).empty()) {
      recovery_ =
          std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - healed_at_));
    }
    return recovery_.has_value();
  }
  [[nodiscard]] std::optional<std::chrono::milliseconds> recovery() const { return recovery_; }
  /// The most memory that the recorder has had.
  [[nodiscard]] std::size_t peak_memory_kib() const {
    const std::string status =
        e2e::read_text("/proc/" + std::to_string(recorder_->pid()) + "/status");
    return std::stoul(status.substr(status.find("VmHWM:") + 6));
  }

 private:
  Fault fault_;
  EngineProxy proxy_;
  e2e::RecorderProcess* recorder_ = nullptr;
  std::future<void> begun_;
  Clock::time_point healed_at_;
  std::optional<std::chrono::milliseconds> recovery_;
};

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string all;
  all.reserve(bytes + text.size());
  while (all.size() < bytes) {
    all += text;
  }
  return all;
}

std::vector<Fault> all_faults() {
  const std::string foreign_event = R"({"status":"die","id":")" + std::string(64, 'e') +
                                    R"(","Type":"container","Action":"die","Actor":{"ID":")" +
                                    std::string(64, 'e') +
                                    R"(","Attributes":{"name":"somebody"}}})" + "\n";
  const auto hold_all = [](EngineProxy& proxy) { proxy.hold_all(true); };
  const auto release_all = [](EngineProxy& proxy) { proxy.hold_all(false); };
  return {
      {.what = "stands still",
       .begin = [](EngineProxy& proxy) { proxy.hold_events(true); },
       .end = [](EngineProxy& proxy) { proxy.hold_events(false); },
       .is_said = false},
      {.what = "the engine answers nothing",
       .begin = hold_all,
       .end = release_all,
       .is_said = false},
      {.what = "the engine answers nothing from the start",
       .begin = hold_all,
       .end = release_all,
       .from_the_start = true},
      {.what = "is cut", .begin = [](EngineProxy& proxy) { proxy.cut(); }, .is_said = false},
      {.what = "is cut, and refused for a while",
       .begin =
           [](EngineProxy& proxy) {
             proxy.refuse(true);
             proxy.cut();
           },
       .end = [](EngineProxy& proxy) { proxy.refuse(false); }},
      {.what = "is cut in mid event",
       .begin =
           [](EngineProxy& proxy) {
             proxy.inject(http_chunk(R"({"status":"start","id":"0123)"));
             proxy.cut();
           },
       .is_said = false},
      {.what = "100 MB without a line's end",
       .begin = [](EngineProxy& proxy) { proxy.inject(http_chunk(std::string(kFloodBytes, 'x'))); },
       .is_said = false},
      {.what = "20 MB of events",
       .begin =
           [foreign_event](EngineProxy& proxy) {
             const std::string chunk = http_chunk(repeated(foreign_event, 1'000'000));
             for (std::size_t sent = 0; sent < kFloodOfEventsBytes; sent += chunk.size()) {
               proxy.inject(chunk);
             }
           },
       .is_said = false},
      {.what = "garbage lines",
       .begin =
           [](EngineProxy& proxy) {
             proxy.inject(http_chunk("busy?!\n[1,2]\n{\"Type\":7}\n" +
                                     std::string("\0\n\xff\n", 4) +
                                     R"({"status":"start","id":"../..","Type":"container"})"
                                     "\n"));
           },
       .is_said = false},
      {.what = "garbage in the protocol",
       .begin = [](EngineProxy& proxy) { proxy.inject("\x01 busy?!\r\n\r\n"); },
       .is_said = false},
  };
}

/// What comes between the recorder and the engine's stream of events, in every way. All at once,
/// with one recorder for each fault.
class EventStream : public e2e::RecorderTest {
 protected:
  void TearDown() override {
    for (const auto& stage : stages_) {
      if (HasFailure()) {
        std::cout << "=== " << stage->fault().what << ":\n" << stage->logs();
      }
    }
    stages_.clear();
    RecorderTest::TearDown();
  }

  void start_stages() {
    const std::string socket = engine().host().substr(std::string("unix://").size());
    for (const Fault& fault : all_faults()) {
      stages_.push_back(
          std::make_unique<ProxiedStage>(fault, engine().client_environment(), socket));
      std::this_thread::sleep_for(100ms);
    }
  }

  [[nodiscard]] bool each(const std::function<bool(ProxiedStage&)>& holds) {
    return eventually([&] {
      std::size_t holding = 0;
      for (const auto& stage : stages_) {
        holding += holds(*stage) ? 1U : 0U;
      }
      return holding == stages_.size();
    });
  }

  std::vector<std::unique_ptr<ProxiedStage>> stages_;
};

void expect_right(const ProxiedStage& stage, std::size_t peak_memory_kib) {
  SCOPED_TRACE(stage.fault().what);
  const Punctuality rounds = read_punctuality(stage.recorder().log(), scaled(kLate));
  const Recording found = read_recording(stage.folder() / "module_resource");
  EXPECT_TRUE(stage.recovery().has_value()) << "the task that has started is not seen";
  EXPECT_EQ(found.rows, rounds.rows);
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
  const std::size_t running = stage.rows(kRunning).size();
  if (stage.fault().from_the_start) {
    EXPECT_GE(running, 1U);
  } else {
    EXPECT_EQ(running, rounds.rounds) << "one that is known needs no engine";
    EXPECT_GE(stage.rows(kEnding).size(), 2U);
    if (stage.recorder().lines_with("the kernel had dropped its counters") == 0) {
      EXPECT_EQ(stage.rows(kEnding).back().at("gpu_count"), "N/A") << "its last row";
    }
  }
  EXPECT_LE(stage.recorder().lines_with("- ERROR - "), 1U);
  if (stage.fault().is_said) {
    EXPECT_EQ(stage.recorder().lines_with("- ERROR - the docker engine does not answer"), 1U);
    EXPECT_EQ(stage.recorder().lines_with("rounds: the docker engine does not answer"), 1U);
  }
  EXPECT_LE(peak_memory_kib, kMemoryAtMostKib);
  report_fault("event stream: " + stage.fault().what,
               {.rows_expected = rounds.rows,
                .rows_written = found.rows,
                .torn_rows = found.torn_rows,
                .late_rounds = rounds.late_or_skipped(),
                .recovery = stage.recovery(),
                .note = std::to_string(peak_memory_kib / 1024) + " MiB resident at most"});
}

TEST_F(EventStream, at_fault_costs_at_most_the_tasks_that_start_meanwhile_their_first_rows) {
  engine().run(container_of(kRunning));
  engine().run(container_of(kEnding));
  start_stages();
  ASSERT_TRUE(each([](ProxiedStage& stage) {
    return stage.fault().from_the_start ||
           (stage.rows(kRunning).size() >= 2 && stage.rows(kEnding).size() >= 2);
  }));
  const auto began = Clock::now();
  std::ranges::for_each(stages_, [](const auto& stage) { stage->begin(); });
  engine().must_docker({"rm", "--force", container_of(kEnding)});
  engine().run(container_of(kStarting));
  std::this_thread::sleep_until(began + kFaultLasts);
  std::ranges::for_each(stages_, [](const auto& stage) { stage->end(); });
  (void)each([](ProxiedStage& stage) { return stage.has_recovered(); });
  std::ranges::for_each(stages_, [](const auto& stage) { stage->wait_for_begun(); });
  (void)eventually([&] { return stages_.front()->rows(kStarting).size() >= 3; });
  for (const auto& stage : stages_) {
    const std::size_t peak_memory_kib = stage->peak_memory_kib();
    EXPECT_EQ(stage->recorder().stop(), 0) << stage->fault().what;
    expect_right(*stage, peak_memory_kib);
  }
}

}  // namespace
}  // namespace wemol::faults
