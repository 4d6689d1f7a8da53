#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include "text_file.h"

namespace wemol::test {

/// A control group (v1) whose frozen processes not even SIGKILL ends, like those that hang in a
/// driver.
class Freezer {
 public:
  Freezer()
      : path_("/sys/fs/cgroup/freezer/wemol-test-" + std::to_string(getpid()) + "-" +
              std::to_string(++made_)) {
    std::error_code error;
    available_ = std::filesystem::is_regular_file("/sys/fs/cgroup/freezer/cgroup.procs", error) &&
                 std::filesystem::create_directory(path_, error);
  }
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;
  ~Freezer() {
    if (available_) {
      write_text(state(), "THAWED");
      // The last process leaves it a moment after it has ended.
      std::error_code error;
      within_seconds([&] { return std::filesystem::remove(path_, error); });
    }
  }
  [[nodiscard]] bool available() const { return available_; }
  [[nodiscard]] std::string procs() const { return (path_ / "cgroup.procs").string(); }
  [[nodiscard]] std::string state() const { return (path_ / "freezer.state").string(); }

  /// The processes that `start` starts are in the group before they run.
  template <typename Start>
  void hold_children_of(Start start) const {
    const std::string self = std::to_string(getpid());
    write_text(procs(), self);
    start();
    write_text(path_.parent_path() / "cgroup.procs", self);
  }
  /// Returns when all of them stand still.
  void freeze() const {
    write_text(state(), "FROZEN");
    if (!within_seconds([&] { return read_text(state()) == "FROZEN\n"; })) {
      throw std::runtime_error("does not freeze: " + path_.string());
    }
  }
  void thaw() const { write_text(state(), "THAWED"); }

 private:
  template <typename Condition>
  static bool within_seconds(Condition condition) {
    bool holds = condition();
    for (int i = 0; i < 2000 && !holds; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      holds = condition();
    }
    return holds;
  }

  inline static int made_ = 0;  ///< by this process, of which each has its own group
  std::filesystem::path path_;
  bool available_ = false;
};

}  // namespace wemol::test
