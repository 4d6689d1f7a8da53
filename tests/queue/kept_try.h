#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "keeper.h"
#include "leftovers.h"
#include "process_table.h"
#include "result_file.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {

/// Runs tries by real keepers, and leaves none behind.
class KeptTry : public testing::Test {
 protected:
  static constexpr auto kPatience = std::chrono::seconds(60);  ///< with sanitizers, on a busy host

  /// Of a file that nobody else's test has.
  [[nodiscard]] TryOrder order(std::vector<std::string> commands) const {
    return {.job = 17,
            .queue = "1",
            .uni_id = "compete_" + std::to_string(getpid()),
            .user = "alice",
            .commands = std::move(commands),
            .work_dir = folder.path(),
            .environment = {{"UNI_ID", "compete_" + std::to_string(getpid())}},
            .ending_time = std::chrono::milliseconds(300),
            .state_dir = folder / "state",
            .log = folder / "logs/17.log"};
  }

  ProcessId start(const TryOrder& what, std::vector<int> locks = {}) {
    const auto keeper = start_keeper(what, locks);
    EXPECT_TRUE(keeper) << (keeper ? "" : keeper.error().message);
    keeper_ = keeper.value_or(ProcessId{});
    uni_id_ = what.uni_id;
    return keeper_;
  }

  /// Waits for the end of the try that was started last.
  TryResult finish() {
    bool has_ended = false;
    const auto watched = WatchedTry::watch(loop, keeper_, [&] { has_ended = true; });
    if (watched) {
      loop.run_until([&] { return has_ended; }, loop.now() + kPatience);
      EXPECT_TRUE(has_ended);
    }
    const auto result = read_result(folder / "state", uni_id_);
    EXPECT_TRUE(result && *result);
    return result && *result ? **result : TryResult{.text = "there is no result"};
  }

  TryResult run(const TryOrder& what) {
    start(what);
    return finish();
  }

  bool wait_for(const std::function<bool()>& condition) {
    const SteadyTime due = loop.now() + kPatience;
    while (!condition()) {  // once is enough: it may hold for a moment only
      if (loop.now() >= due) {
        return false;
      }
      loop.run_until([] { return false; }, loop.now() + std::chrono::milliseconds(5));
    }
    return true;
  }
  bool wait_for_file(const std::string& name) {
    return wait_for([&] {
      std::error_code ignored;
      return std::filesystem::file_size(folder / name, ignored) > 0 && !ignored;
    });
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return std::filesystem::exists(folder / name) ? test::read_text(folder / name) : "(no file)";
  }

  void TearDown() override {
    if (is_alive(keeper_)) {
      (void)send_signal(keeper_, SIGKILL);
    }
    end_leftovers(uni_id_);
  }

  test::TempDir folder;
  EventLoop loop{EventLoop::Host::somebody_elses};
  ProcessId keeper_;
  std::string uni_id_ = "compete_none";
};

}  // namespace wemol::queue
